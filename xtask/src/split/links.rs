//! What refers to what in a module as the linker leaves it with `--emit-relocs`: functions and pieces of data, and the
//! places in them where the linker has filled in where another one is.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use rustc_demangle::demangle;
use wasmparser::{Linking, LinkingSectionReader, RelocSectionReader, RelocationType, SymbolInfo};

use super::module::Module;

/// A function or a piece of data.
pub(super) type Node = usize;

pub(super) struct Links {
    /// Functions come first, by their index.
    pub(super) functions: usize,
    /// The names of functions; `None` where there is none or where it is another's too.
    pub(super) names: Vec<Option<String>>,
    /// Where the pieces of data are in memory.
    pub(super) data: Vec<Range<u32>>,
    /// What each node refers to.
    pub(super) edges: Vec<Vec<Node>>,
    /// What data that has no name refers to.
    pub(super) roots: Vec<Node>,
}

impl Links {
    pub(super) fn read(module: &Module<'_>) -> Result<Links> {
        let functions = module.functions.len();
        let mut links = Links {
            functions,
            names: vec![None; functions],
            data: Vec::new(),
            edges: Vec::new(),
            roots: Vec::new(),
        };
        let symbols = links.symbols(module)?;
        links.edges = vec![Vec::new(); functions + links.data.len()];
        links.join_code(module, &symbols)?;
        links.join_data(module, &symbols)?;
        let mut seen = HashMap::new();
        for name in links.names.iter().flatten() {
            *seen.entry(name.clone()).or_insert(0) += 1;
        }
        for name in &mut links.names {
            name.take_if(|name| seen[name] > 1);
        }
        Ok(links)
    }

    /// The node of each symbol.
    fn symbols(&mut self, module: &Module<'_>) -> Result<Vec<Option<Node>>> {
        let mut symbols = Vec::new();
        let section = custom(module, "linking").context("the linker has left no symbols")?;
        for part in LinkingSectionReader::new(section)?.subsections() {
            let Linking::SymbolTable(table) = part? else { continue };
            for symbol in table {
                symbols.push(match symbol? {
                    SymbolInfo::Func { index, name, .. } => {
                        let node = index as usize;
                        if let Some(name) = name
                            && let Some(place) = self.names.get_mut(node)
                        {
                            *place = Some(demangle(name).to_string());
                        }
                        Some(node)
                    }
                    SymbolInfo::Data { symbol: Some(place), .. } => {
                        // What is zero at the start has no segment.
                        let segment = module.data.get(place.index as usize).filter(|_| place.size > 0);
                        segment.map(|(address, _)| {
                            let start = address + place.offset;
                            self.data.push(start..start + place.size);
                            self.functions + self.data.len() - 1
                        })
                    }
                    _ => None,
                });
            }
        }
        Ok(symbols)
    }

    fn join_code(&mut self, module: &Module<'_>, symbols: &[Option<Node>]) -> Result<()> {
        let start = module.sections.get(&10).context("it has no code")?.start;
        let ends: Vec<usize> = module.bodies.iter().map(|body| body.range().end as usize - start).collect();
        for (offset, target) in relocations(module, "reloc.CODE", symbols)? {
            let body = ends.partition_point(|end| *end <= offset);
            ensure!(body < ends.len(), "it has a relocation behind its code");
            self.edges[module.imported + body].push(target);
        }
        Ok(())
    }

    fn join_data(&mut self, module: &Module<'_>, symbols: &[Option<Node>]) -> Result<()> {
        let start = module.sections.get(&11).context("it has no data")?.start;
        let mut pieces: Vec<(Range<u32>, Node)> = self.data.iter().cloned().zip(self.functions..).collect();
        pieces.sort_unstable_by_key(|(range, _)| (range.start, range.end));
        // Pieces can lie in one another: how far those up to each one reach.
        let reach: Vec<u32> = pieces
            .iter()
            .scan(0, |reach, (range, _)| {
                *reach = range.end.max(*reach);
                Some(*reach)
            })
            .collect();
        for (offset, target) in relocations(module, "reloc.DATA", symbols)? {
            let offset = start + offset;
            let segment = module.data.iter().find(|(_, content)| content.contains(&offset));
            let (address, content) = segment.context("it has a relocation beside its data")?;
            let address = address + (offset - content.start) as u32;
            let before = pieces.partition_point(|(range, _)| range.start <= address);
            let mut is_named = false;
            for index in (0..before).rev().take_while(|index| reach[*index] > address) {
                let (range, node) = &pieces[index];
                if range.contains(&address) {
                    self.edges[*node].push(target);
                    is_named = true;
                }
            }
            if !is_named {
                self.roots.push(target);
            }
        }
        Ok(())
    }
}

fn custom<'a>(module: &Module<'a>, name: &str) -> Option<wasmparser::BinaryReader<'a>> {
    module.custom.iter().find(|(found, _)| *found == name).map(|(_, reader)| reader.clone())
}

/// The places in a section that refer to a node.
fn relocations(module: &Module<'_>, name: &str, symbols: &[Option<Node>]) -> Result<Vec<(usize, Node)>> {
    let section = custom(module, name).with_context(|| format!("the linker has left no {name}"))?;
    let mut all = Vec::new();
    for entry in RelocSectionReader::new(section)?.entries() {
        let entry = entry?;
        // A type's number is not a symbol's.
        if entry.ty == RelocationType::TypeIndexLeb {
            continue;
        }
        let symbol = symbols.get(entry.index as usize).context("it has a relocation without a symbol")?;
        if let Some(node) = symbol {
            all.push((entry.offset as usize, *node));
        }
    }
    Ok(all)
}
