// Compiles the Python files of the library and of wheels, in the Pyodide that will run them.
//
//     node compile.mjs FOLDER TARGET
//
// Archives of FOLDER, where Pyodide is too, come into TARGET with a .pyc file in the place of each .py
// file. Browsers would else compile these at each start, which takes longer than all else in it.

import { pathToFileURL } from "node:url";

const [folder, target] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
// Without source there is no column to mark in a traceback; bytecode is a third smaller so.
const env = { PYTHONNODEBUGRANGES: "1" };
const pyodide = await loadPyodide({ indexURL: folder, env });
pyodide.mountNodeFS("/from", folder);
pyodide.mountNodeFS("/to", target);
pyodide.runPython(`
import sys
import sysconfig
from pathlib import Path
from py_compile import PycInvalidationMode, compile
from zipfile import ZIP_DEFLATED, ZipFile

PACKAGES = sysconfig.get_path("purelib")
ZIP = next(place for place in sys.path if place.endswith(".zip"))
LIBRARY = "python_stdlib.zip"
source, bytecode = Path("module.py"), Path("module.pyc")
def compiled(content, name):
    source.write_bytes(content)
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    return compile(str(source), str(bytecode), name, quiet=2, invalidation_mode=unchecked)

for path in [Path("/from") / LIBRARY, *sorted(Path("/from").glob("*.whl"))]:
    # Tracebacks name the file that was compiled.
    home = ZIP if path.name == LIBRARY else PACKAGES
    with ZipFile(path) as old, ZipFile(f"/to/{path.name}", "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            # What is no valid module, such as a template, stays as it is.
            if entry.filename.endswith(".py") and compiled(content, f"{home}/{entry.filename}"):
                entry.filename += "c"
                content = bytecode.read_bytes()
            new.writestr(entry, content, ZIP_DEFLATED)
`);
