//! A module taken apart, as far as splitting it needs that.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use rustc_demangle::demangle;
use wasmparser::{
    BinaryReader, ConstExpr, DataKind, ElementItems, ElementKind, Export, ExternalKind, FuncType,
    FunctionBody, GlobalType, KnownCustom, MemoryType, Name, NameSectionReader, Operator, Parser, Payload,
    RefType, TableType, TypeRef,
};

/// A module that imports functions only, as the page's does.
pub(super) struct Module<'a> {
    pub(super) bytes: &'a [u8],
    /// Where the content of each section that is not custom is, by its number.
    pub(super) sections: HashMap<u8, Range<usize>>,
    pub(super) types: Vec<FuncType>,
    /// The type of each function, imported ones first.
    pub(super) functions: Vec<u32>,
    /// How many of them are imported.
    pub(super) imported: usize,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
    pub(super) exports: Vec<Export<'a>>,
    pub(super) start: Option<u32>,
    /// What is in the table of functions at the start, by slot.
    pub(super) slots: Vec<(u32, u32)>,
    /// The segments of data with their addresses and where their content is.
    pub(super) data: Vec<(u32, Range<usize>)>,
    /// The names of functions as wasm-bindgen leaves them: demangled.
    pub(super) names: HashMap<u32, String>,
    pub(super) custom: Vec<(&'a str, BinaryReader<'a>)>,
}

impl<'a> Module<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Module<'a>> {
        let mut module = Module {
            bytes,
            sections: HashMap::new(),
            types: Vec::new(),
            functions: Vec::new(),
            imported: 0,
            bodies: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            exports: Vec::new(),
            start: None,
            slots: Vec::new(),
            data: Vec::new(),
            names: HashMap::new(),
            custom: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section() {
                module.sections.insert(id, range.start as usize..range.end as usize);
            }
            module.take(payload)?;
        }
        Ok(module)
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for of_type in types.into_iter_err_on_gc_types() {
                    self.types.push(of_type?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let TypeRef::Func(of_type) = import.ty else { bail!("{} is no function", import.name) };
                    self.functions.push(of_type);
                    self.imported += 1;
                }
            }
            Payload::FunctionSection(functions) => {
                for of_type in functions {
                    self.functions.push(of_type?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memories.push(memory?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    self.globals.push(global?.ty);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.exports.push(export?);
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    let element = element?;
                    let ElementKind::Active { table_index, offset_expr } = element.kind else {
                        bail!("it has a list of functions that is in no table")
                    };
                    ensure!(
                        table_index.unwrap_or(0) == self.function_table()?,
                        "its functions are in two tables"
                    );
                    let ElementItems::Functions(functions) = element.items else {
                        bail!("it has a list of expressions")
                    };
                    let first = constant(&offset_expr)?;
                    for (slot, function) in (first..).zip(functions) {
                        self.slots.push((slot, function?));
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    let DataKind::Active { memory_index: 0, offset_expr } = segment.kind else {
                        bail!("it has data that is not in its memory")
                    };
                    let end = segment.range.end as usize;
                    self.data.push((constant(&offset_expr)?, end - segment.data.len()..end));
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.names = function_names(names)?;
                }
                self.custom.push((section.name(), BinaryReader::new(section.data(), section.data_offset())));
            }
            _ => {}
        }
        Ok(())
    }

    /// The number of the table that functions are called through.
    pub(super) fn function_table(&self) -> Result<u32> {
        let number = self.tables.iter().position(|table| table.element_type == RefType::FUNCREF);
        Ok(number.context("it has no table of functions")? as u32)
    }

    /// The body of a function, unless that is imported.
    pub(super) fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.bodies.get((function as usize).checked_sub(self.imported)?)
    }

    /// The functions that a function names.
    pub(super) fn callees(&self, function: u32) -> Result<Vec<u32>> {
        let mut callees = Vec::new();
        if let Some(body) = self.body(function) {
            for operator in body.get_operators_reader()? {
                if let Operator::Call { function_index } | Operator::RefFunc { function_index } = operator? {
                    callees.push(function_index);
                }
            }
        }
        Ok(callees)
    }

    /// The functions that are called from outside.
    pub(super) fn exported(&self) -> impl Iterator<Item = u32> {
        let exports = self.exports.iter().filter(|export| export.kind == ExternalKind::Func);
        exports.map(|export| export.index).chain(self.start)
    }
}

fn constant(expression: &ConstExpr<'_>) -> Result<u32> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value as u32),
        other => bail!("{other:?} is no address"),
    }
}

fn function_names(section: NameSectionReader<'_>) -> Result<HashMap<u32, String>> {
    let mut names = HashMap::new();
    for part in section {
        if let Name::Function(list) = part? {
            for name in list {
                let name = name?;
                names.insert(name.index, demangle(name.name).to_string());
            }
        }
    }
    Ok(names)
}
