//! The cases of sessions that are run under a label.

use crate::lock::lock;
use protocol::conformance::session::{Exam, SessionCase};
use protocol::conformance::{Judged, Report};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Each case that was begun, by name.
#[derive(Debug)]
pub(super) struct Exams {
    began: Instant,
    running: Mutex<BTreeMap<&'static str, Arc<Running>>>,
}

/// One of them, shared by its connections.
#[derive(Debug)]
pub(crate) struct Running {
    /// When the times begin that the exam is told.
    began: Instant,
    exam: Mutex<Exam>,
}

impl Exams {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), running: Mutex::default() }
    }

    pub(super) fn get_or_begin(&self, case: &'static SessionCase) -> Arc<Running> {
        let begin = || Arc::new(Running { began: self.began, exam: Mutex::new(Exam::new(case)) });
        Arc::clone(lock(&self.running).entry(case.name).or_insert_with(begin))
    }

    pub(super) fn report(&self) -> Report<SessionCase> {
        let running = lock(&self.running).clone();
        let judge = |case: &'static SessionCase| -> Judged<SessionCase> {
            running.get(case.name).map_or_else(
                || Exam::not_run(case),
                |running| {
                    running.with(|exam, now| {
                        exam.handle_time(now);
                        exam.judged()
                    })
                },
            )
        };
        Report::new(SessionCase::all().iter().map(judge).collect())
    }
}

impl Running {
    /// Does something with the exam at this time.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Exam, Duration) -> R) -> R {
        // Once it is locked, so that no earlier time comes behind a later one.
        let mut exam = lock(&self.exam);
        f(&mut exam, self.began.elapsed())
    }
}
