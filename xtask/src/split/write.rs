//! The page's module without its parts, and a module for each part.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use anyhow::{Context, Result, anyhow, bail, ensure};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, ImportSection, RawSection, TableSection, TypeSection,
};
use wasmparser::ExternalKind;

use super::module::Module;
use super::parts::Part;

/// What parts import everything from; `client/src/running/chunks.rs` gives it to them.
const MAIN: &str = "m";

/// What the page's module exports to its parts, by name.
pub(super) type Shared = BTreeMap<(Kind, u32), String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Function,
    Table,
    Memory,
    Global,
}

impl Kind {
    fn export(self) -> ExportKind {
        match self {
            Kind::Function => ExportKind::Func,
            Kind::Table => ExportKind::Table,
            Kind::Memory => ExportKind::Memory,
            Kind::Global => ExportKind::Global,
        }
    }

    fn of(kind: ExternalKind) -> Option<Kind> {
        match kind {
            ExternalKind::Func => Some(Kind::Function),
            ExternalKind::Table => Some(Kind::Table),
            ExternalKind::Memory => Some(Kind::Memory),
            ExternalKind::Global => Some(Kind::Global),
            _ => None,
        }
    }
}

/// All that is written: the page's module, and each part's in the order of the parts.
pub(super) fn write(module: &Module<'_>, parts: &[Part]) -> Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let split = Split::new(module, parts)?;
    let uses = parts.iter().map(|part| split.uses(part)).collect::<Result<Vec<_>>>()?;
    let shared = split.shared(&uses);
    let chunks = parts
        .iter()
        .zip(&uses)
        .map(|(part, uses)| split.chunk(part, uses, &shared))
        .collect::<Result<_>>()?;
    Ok((split.main(&shared)?, chunks))
}

/// What to do.
struct Split<'a> {
    module: &'a Module<'a>,
    parts: &'a [Part],
    /// The part of each function that leaves.
    owner: HashMap<u32, usize>,
    /// The slot in the table of functions that each entry gets.
    slots: BTreeMap<u32, u32>,
    table: u32,
}

/// What a part uses, by index in the page's module; what is the part's own is in it too.
#[derive(Default)]
struct Uses {
    things: BTreeSet<(Kind, u32)>,
    types: BTreeSet<u32>,
}

impl Reencode for Uses {
    type Error = String;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.things.insert((Kind::Function, index));
        Ok(index)
    }

    fn table_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.things.insert((Kind::Table, index));
        Ok(index)
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.things.insert((Kind::Memory, index));
        Ok(index)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.things.insert((Kind::Global, index));
        Ok(index)
    }

    fn type_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.types.insert(index);
        Ok(index)
    }
}

/// New numbers for what a module refers to.
#[derive(Default)]
struct Renumber {
    things: HashMap<(Kind, u32), u32>,
    /// None: types keep their numbers.
    types: Option<HashMap<u32, u32>>,
}

impl Renumber {
    fn thing(&self, kind: Kind, index: u32) -> Result<u32, reencode::Error<String>> {
        let found = self.things.get(&(kind, index)).copied();
        found.ok_or_else(|| reencode::Error::UserError(format!("{kind:?} {index} is in another module")))
    }
}

impl Reencode for Renumber {
    type Error = String;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.thing(Kind::Function, index)
    }

    fn table_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.thing(Kind::Table, index)
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.thing(Kind::Memory, index)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        self.thing(Kind::Global, index)
    }

    fn type_index(&mut self, index: u32) -> Result<u32, reencode::Error<String>> {
        match &self.types {
            Some(types) => Ok(types[&index]),
            None => Ok(index),
        }
    }
}

impl<'a> Split<'a> {
    fn new(module: &'a Module<'a>, parts: &'a [Part]) -> Result<Split<'a>> {
        let table = module.function_table()?;
        let first = u32::try_from(module.tables[table as usize].initial)?;
        let entries = parts.iter().flat_map(|part| part.entries.iter().copied());
        Ok(Split {
            module,
            parts,
            owner: parts
                .iter()
                .enumerate()
                .flat_map(|(number, part)| part.functions.iter().map(move |function| (*function, number)))
                .collect(),
            slots: entries.zip(first..).collect(),
            table,
        })
    }

    fn uses(&self, part: &Part) -> Result<Uses> {
        let mut uses = Uses::default();
        uses.things.extend([(Kind::Table, self.table), (Kind::Memory, 0)]);
        for function in sorted(&part.functions) {
            uses.function_index(function).map_err(error)?;
            let body = self.module.body(function).context("a part has an imported function")?;
            uses.parse_function_body(&mut CodeSection::new(), body.clone()).map_err(error)?;
        }
        for (kind, index) in &uses.things {
            if *kind == Kind::Function {
                uses.types.insert(self.module.functions[*index as usize]);
            }
        }
        Ok(uses)
    }

    /// Names what all parts together use of the page's module.
    fn shared(&self, uses: &[Uses]) -> Shared {
        let mut things = BTreeSet::new();
        for (part, uses) in self.parts.iter().zip(uses) {
            let is_foreign =
                |(kind, index): &&(Kind, u32)| *kind != Kind::Function || !part.functions.contains(index);
            things.extend(uses.things.iter().filter(is_foreign).copied());
        }
        let mut taken: HashSet<&str> = HashSet::new();
        let mut shared = Shared::new();
        for export in &self.module.exports {
            taken.insert(export.name);
            if let Some(kind) = Kind::of(export.kind)
                && things.remove(&(kind, export.index))
            {
                shared.insert((kind, export.index), export.name.to_owned());
            }
        }
        let mut names = (0..).map(crate::glue::short).filter(|name| !taken.contains(name.as_str()));
        shared.extend(things.into_iter().map(|thing| (thing, names.next().unwrap_or_default())));
        shared
    }

    /// Whether the body of a function leaves the page's module with its place.
    fn has_left(&self, function: u32) -> bool {
        self.owner.contains_key(&function) && !self.slots.contains_key(&function)
    }

    fn main(&self, shared: &Shared) -> Result<Vec<u8>> {
        let module = self.module;
        let mut numbers = Renumber::default();
        let all = 0..module.functions.len() as u32;
        for (function, new) in all.clone().filter(|function| !self.has_left(*function)).zip(0..) {
            numbers.things.insert((Kind::Function, function), new);
        }
        let nowhere = numbers.things.len() as u32;
        for index in 0..module.tables.len().max(module.globals.len()).max(module.memories.len()) as u32 {
            for kind in [Kind::Table, Kind::Memory, Kind::Global] {
                numbers.things.insert((kind, index), index);
            }
        }
        let no_arguments =
            module.types.iter().position(|of| of.params().is_empty() && of.results().is_empty());
        let no_arguments = no_arguments.context("it has no function without arguments")? as u32;

        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for function in all.skip(module.imported).filter(|function| !self.has_left(*function)) {
            let of_type = module.functions[function as usize];
            functions.function(of_type);
            match self.slots.get(&function) {
                Some(slot) => drop(code.function(&self.through(*slot, of_type))),
                None => {
                    let body = module.body(function).context("it has a function without a body")?;
                    numbers.parse_function_body(&mut code, body.clone()).map_err(error)?;
                }
            }
        }
        // What stands in the table for functions that are not there yet.
        functions.function(no_arguments);
        let mut trap = Function::new([]);
        trap.instructions().unreachable().end();
        code.function(&trap);

        let mut out = wasm_encoder::Module::new();
        for id in [1, 2] {
            self.copy(&mut out, id);
        }
        out.section(&functions);
        out.section(&self.tables()?);
        for id in [5, 6] {
            self.copy(&mut out, id);
        }
        out.section(&self.exports(&mut numbers, shared)?);
        if let Some(start) = module.start {
            let function_index = numbers.function_index(start).map_err(error)?;
            out.section(&wasm_encoder::StartSection { function_index });
        }
        let mut elements = ElementSection::new();
        for (first, functions) in runs(&module.slots) {
            let functions = functions
                .iter()
                .map(|function| numbers.things.get(&(Kind::Function, *function)).copied().unwrap_or(nowhere));
            self.elements(&mut elements, self.table, first, functions.collect());
        }
        out.section(&elements);
        ensure!(!module.sections.contains_key(&12), "it counts its data");
        out.section(&code);
        let mut data = DataSection::new();
        for (address, content) in &module.data {
            let mut bytes = module.bytes[content.clone()].to_vec();
            let end = address + bytes.len() as u32;
            for range in self.parts.iter().flat_map(|part| &part.data) {
                if (*address..end).contains(&range.start) {
                    bytes[(range.start - address) as usize..(range.end - address) as usize].fill(0);
                }
            }
            data.active(0, &ConstExpr::i32_const(*address as i32), bytes);
        }
        out.section(&data);
        Ok(out.finish())
    }

    /// The body of an entry in the page's module: it calls what the part puts into the slot.
    fn through(&self, slot: u32, of_type: u32) -> Function {
        let mut body = Function::new([]);
        let parameters = self.module.types[of_type as usize].params().len() as u32;
        let mut code = body.instructions();
        for parameter in 0..parameters {
            code.local_get(parameter);
        }
        code.i32_const(slot as i32).call_indirect(self.table, of_type).end();
        body
    }

    fn copy(&self, out: &mut wasm_encoder::Module, id: u8) {
        if let Some(range) = self.module.sections.get(&id) {
            out.section(&RawSection { id, data: &self.module.bytes[range.clone()] });
        }
    }

    fn tables(&self) -> Result<TableSection> {
        let mut section = TableSection::new();
        for (number, table) in self.module.tables.iter().enumerate() {
            let mut table = Renumber::default().table_type(*table).map_err(error)?;
            if number == self.table as usize {
                table.minimum += self.slots.len() as u64;
                table.maximum = table.maximum.map(|maximum| maximum + self.slots.len() as u64);
            }
            section.table(table);
        }
        Ok(section)
    }

    fn exports(&self, numbers: &mut Renumber, shared: &Shared) -> Result<ExportSection> {
        let mut section = ExportSection::new();
        for export in &self.module.exports {
            numbers.parse_export(&mut section, *export).map_err(error)?;
        }
        for ((kind, index), name) in shared {
            let is_new = !self.module.exports.iter().any(|export| export.name == name);
            if is_new {
                section.export(name, kind.export(), numbers.thing(*kind, *index).map_err(error)?);
            }
        }
        Ok(section)
    }

    fn elements(&self, section: &mut ElementSection, table: u32, first: u32, functions: Vec<u32>) {
        let table = Some(table).filter(|table| *table != 0);
        let functions = Elements::Functions(Cow::Owned(functions));
        section.active(table, &ConstExpr::i32_const(first as i32), functions);
    }

    fn chunk(&self, part: &Part, uses: &Uses, shared: &Shared) -> Result<Vec<u8>> {
        let module = self.module;
        let mut numbers = Renumber { types: Some(HashMap::new()), ..Renumber::default() };
        let mut types = TypeSection::new();
        for (old, new) in uses.types.iter().zip(0..) {
            let function =
                Renumber::default().func_type(module.types[*old as usize].clone()).map_err(error)?;
            types.ty().func_type(&function);
            numbers.types.get_or_insert_default().insert(*old, new);
        }
        let mut imports = ImportSection::new();
        let mut counts: BTreeMap<Kind, u32> = BTreeMap::new();
        let mut count = |kind: Kind| {
            let count = counts.entry(kind).or_default();
            *count += 1;
            *count - 1
        };
        for (kind, index) in &uses.things {
            if *kind == Kind::Function && part.functions.contains(index) {
                continue;
            }
            let name = shared.get(&(*kind, *index)).context("a part uses something that is not shared")?;
            let entity = self.entity(*kind, *index, &mut numbers)?;
            imports.import(MAIN, name, entity);
            numbers.things.insert((*kind, *index), count(*kind));
        }
        let own = sorted(&part.functions);
        for function in &own {
            numbers.things.insert((Kind::Function, *function), count(Kind::Function));
        }
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for function in &own {
            functions.function(numbers.type_index(module.functions[*function as usize]).map_err(error)?);
            let Some(body) = module.body(*function) else { bail!("a part has an imported function") };
            numbers.parse_function_body(&mut code, body.clone()).map_err(error)?;
        }
        let mut slots: Vec<(u32, u32)> =
            module.slots.iter().copied().filter(|(_, function)| part.functions.contains(function)).collect();
        slots.extend(part.entries.iter().map(|entry| (self.slots[entry], *entry)));
        slots.sort_unstable();
        let mut elements = ElementSection::new();
        for (first, functions) in runs(&slots) {
            let functions = functions
                .into_iter()
                .map(|function| numbers.function_index(function).map_err(error))
                .collect::<Result<_>>()?;
            let table = numbers.thing(Kind::Table, self.table).map_err(error)?;
            self.elements(&mut elements, table, first, functions);
        }
        let mut data = DataSection::new();
        for range in &part.data {
            let segment = module
                .data
                .iter()
                .find(|(address, content)| (*address..address + content.len() as u32).contains(&range.start));
            let (address, content) = segment.context("a part has data that is nowhere")?;
            let start = content.start + (range.start - address) as usize;
            let bytes = module.bytes[start..start + range.len()].iter().copied();
            data.active(0, &ConstExpr::i32_const(range.start as i32), bytes);
        }
        let mut out = wasm_encoder::Module::new();
        out.section(&types)
            .section(&imports)
            .section(&functions)
            .section(&elements)
            .section(&code)
            .section(&data);
        Ok(out.finish())
    }

    fn entity(&self, kind: Kind, index: u32, numbers: &mut Renumber) -> Result<EntityType> {
        let at = index as usize;
        Ok(match kind {
            Kind::Function => {
                EntityType::Function(numbers.type_index(self.module.functions[at]).map_err(error)?)
            }
            Kind::Table => {
                let mut table = Renumber::default().table_type(self.module.tables[at]).map_err(error)?;
                // It grows: what is asked for is only that there is one.
                (table.minimum, table.maximum) = (0, None);
                EntityType::Table(table)
            }
            Kind::Memory => {
                let mut memory = Renumber::default().memory_type(self.module.memories[at]).map_err(error)?;
                (memory.minimum, memory.maximum) = (0, None);
                EntityType::Memory(memory)
            }
            Kind::Global => {
                let global = self.module.globals[at];
                EntityType::Global(Renumber::default().global_type(global).map_err(error)?)
            }
        })
    }
}

fn sorted(functions: &HashSet<u32>) -> Vec<u32> {
    let mut functions: Vec<u32> = functions.iter().copied().collect();
    functions.sort_unstable();
    functions
}

/// Slots of a table that follow each other, together.
fn runs(slots: &[(u32, u32)]) -> Vec<(u32, Vec<u32>)> {
    let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
    for (slot, function) in slots {
        match runs.last_mut() {
            Some((first, run)) if *first + run.len() as u32 == *slot => run.push(*function),
            _ => runs.push((*slot, vec![*function])),
        }
    }
    runs
}

fn error(error: reencode::Error<String>) -> anyhow::Error {
    anyhow!("{error}")
}
