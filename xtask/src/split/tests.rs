//! A small module is taken apart: it is written as the linker and wasm-bindgen leave one.

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, ElementSection, Elements,
    ExportKind, ExportSection, Function, FunctionSection, LinkingSection, MemorySection, MemoryType,
    Module as Out, NameMap, NameSection, RefType, SymbolTable, TableSection, TableType, TypeSection,
};
use wasmparser::{Parser, Payload, RelocationType};

use super::module::Module;
use super::{Named, taken_apart};

/// Functions by number, in the order of the linker.
const MAIN: u32 = 0;
const ENTRY: u32 = 1;
const OWN: u32 = 2;
const IN_TABLE: u32 = 3;
const SHARED: u32 = 4;
const NAMES: [&str; 5] = [
    "client::main::h0000000000000000",
    "client::chunk_extra::h0000000000000001",
    "client::own::h0000000000000002",
    "client::in_table::h0000000000000003",
    "client::shared::h0000000000000004",
];

const OF_PAGE: &[u8] = b"What the page itself has to say.";
const OF_PART: &[u8] = b"What only the part has to say...";
const ADDRESS: u32 = 1024;

/// What each function calls.
fn calls(function: u32) -> &'static [u32] {
    match function {
        MAIN => &[ENTRY, SHARED],
        ENTRY => &[OWN, SHARED],
        _ => &[],
    }
}

/// The module with its functions in this order.
fn module(order: [u32; 5]) -> Out {
    let place = |function: u32| order.iter().position(|one| *one == function).unwrap() as u32;
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for function in order {
        functions.function(0);
        let mut body = Function::new([]);
        for callee in calls(function) {
            body.instructions().call(place(*callee));
        }
        // Room for the places that the linker has filled in.
        body.instructions().i32_const(i32::MAX).drop().i32_const(i32::MAX).drop().end();
        code.function(&body);
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 3,
        maximum: Some(3),
        table64: false,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("a", ExportKind::Func, place(MAIN));
    let mut elements = ElementSection::new();
    let in_table = vec![place(SHARED), place(IN_TABLE)];
    elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(in_table.into()));
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(ADDRESS as i32), [OF_PAGE, OF_PART].concat());
    let mut module = Out::new();
    module.section(&types).section(&functions).section(&tables).section(&memories).section(&exports);
    module.section(&elements).section(&code).section(&data);
    module
}

/// What the linker leaves: the module, its symbols, and where it has filled in what.
fn linked() -> Vec<u8> {
    let order = [MAIN, ENTRY, OWN, IN_TABLE, SHARED];
    let plain = module(order).finish();
    let read = Module::read(&plain).unwrap();
    let start = read.sections[&10].start;
    // Somewhere in the body of a function.
    let inside = |function: u32| read.bodies[function as usize].range().start as usize - start + 2;

    let mut symbols = SymbolTable::new();
    for (index, name) in (0..).zip(NAMES) {
        symbols.function(0, index, Some(name));
    }
    let page = 5;
    symbols.data(0, "page", Some(DataSymbolDefinition { index: 0, offset: 0, size: OF_PAGE.len() as u32 }));
    let part = 6;
    symbols.data(
        0,
        "part",
        Some(DataSymbolDefinition { index: 0, offset: OF_PAGE.len() as u32, size: OF_PART.len() as u32 }),
    );
    let mut linking = LinkingSection::new();
    linking.symbol_table(&symbols);

    let mut code: Vec<(RelocationType, usize, u32)> = Vec::new();
    for function in order {
        code.extend(
            calls(function)
                .iter()
                .map(|callee| (RelocationType::FunctionIndexLeb, inside(function), *callee)),
        );
    }
    code.push((RelocationType::MemoryAddrLeb, inside(MAIN), page));
    code.push((RelocationType::MemoryAddrLeb, inside(ENTRY), part));
    // The part calls this one through the table, by a number in its data.
    let data = [(
        RelocationType::TableIndexI32,
        read.data[0].1.start - read.sections[&11].start + OF_PAGE.len(),
        IN_TABLE,
    )];

    let mut module = module(order);
    module.section(&linking);
    for (name, section, places) in [("reloc.CODE", 6, &code[..]), ("reloc.DATA", 7, &data)] {
        let mut content = vec![section, places.len() as u8];
        for (of_type, offset, symbol) in places {
            content.extend([*of_type as u8, *offset as u8, *symbol as u8]);
            if *of_type == RelocationType::MemoryAddrLeb {
                content.push(0);
            }
        }
        module.section(&CustomSection { name: name.into(), data: content.into() });
    }
    module.finish()
}

/// What wasm-bindgen makes of it: another order, and names.
fn bound() -> Vec<u8> {
    let order = [SHARED, IN_TABLE, ENTRY, MAIN, OWN];
    let mut module = module(order);
    let mut names = NameMap::new();
    for (index, function) in (0..).zip(order) {
        names.append(index, NAMES[function as usize]);
    }
    let mut section = NameSection::new();
    section.functions(&names);
    module.section(&section);
    module.finish()
}

/// What a part imports, and how many functions it has.
fn imports(module: &[u8]) -> (Vec<String>, u32) {
    let (mut names, mut functions) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => {
                names.extend(imports.into_imports().map(|import| import.unwrap().name.to_owned()));
            }
            Payload::FunctionSection(section) => functions = section.count(),
            _ => {}
        }
    }
    (names, functions)
}

#[test]
fn what_only_a_part_reaches_leaves_with_it() {
    let (main, parts) = taken_apart(&bound(), &linked()).unwrap();
    let [Named { name, module: part }] = &parts[..] else { panic!("{} parts", parts.len()) };
    assert_eq!(name, "extra");
    // The entry, what only it calls, and what is only in its data.
    let (imported, functions) = imports(part);
    assert_eq!(functions, 3);
    // `a` is the page's own already.
    assert_eq!(imported, ["b", "c", "memory"], "a shared function, the table, the memory");
    assert!(part.windows(OF_PART.len()).any(|bytes| bytes == OF_PART));
    assert!(!main.windows(OF_PART.len()).any(|bytes| bytes == OF_PART));
    assert!(main.windows(OF_PAGE.len()).any(|bytes| bytes == OF_PAGE));

    let main = Module::read(&main).unwrap();
    // Two that stay, one that calls the entry, and what is in the table for one that has left.
    assert_eq!(main.bodies.len(), 4);
    let callees = |slot: u32| main.slots.iter().find(|(at, _)| *at == slot).map(|(_, function)| *function);
    assert_eq!((callees(1), callees(2)), (Some(0), Some(3)));
    assert_eq!(main.tables[0].initial, 4, "a slot for the entry");
}

#[test]
fn a_module_without_the_linkers_list_is_refused() {
    let error = taken_apart(&bound(), &bound()).unwrap_err();
    assert!(format!("{error:#}").contains("no symbols"), "{error:#}");
}
