// Puts the matrix product of matmul.c into NumPy, as the loop that np.matmul runs for float32.
//
// The compiled function works in Python's own memory, so nothing is copied; and NumPy calls it without
// a detour through JavaScript, since Pyodide's table of functions takes WebAssembly as it is.

/**
 * What is used of Pyodide.
 * @typedef {object} Pyodide
 * @property {{_malloc: (bytes: number) => number, addFunction: (f: unknown, signature: string) => number}} _module
 * @property {(code: string) => unknown} runPython
 */

/** The memory that a product may use: its panels and no more. */
const STACK_BYTES = 512 * 1024;

/** NumPy itself lets a loop be replaced, by entry 30 of a table that stays as it is within NumPy 2. */
const REPLACE = `
def replace(loop):
    import ctypes
    import numpy as np
    from numpy._core._multiarray_umath import _UFUNC_API

    if np.__version__.split(".")[0] != "2":
        return False
    table = ctypes.pythonapi.PyCapsule_GetPointer
    table.restype, table.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    entries = ctypes.cast(table(_UFUNC_API, None), ctypes.POINTER(ctypes.c_void_p))
    kind = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, *[ctypes.c_void_p] * 3)
    put, old = kind(entries[30]), ctypes.c_void_p()
    float32 = (ctypes.c_int * 3)(*[np.dtype(np.float32).num] * 3)
    if put(np.matmul, loop, float32, ctypes.byref(old)) != 0:
        return False
    A = np.cos(np.arange(2700, dtype=np.float32)).reshape(9, 300)
    if np.allclose(A @ A.T, np.einsum("ik,jk->ij", A, A), atol=1e-3):
        return True
    put(np.matmul, old, float32, None)
    return False

replace`;

/**
 * Gives the first of the compiled files that this browser takes. The first needs relaxed SIMD.
 * @returns {Promise<[string, BufferSource] | undefined>}
 */
async function compiled() {
  for (const name of ["matmul_relaxed.wasm", "matmul.wasm"]) {
    const answer = await fetch(new URL(name, import.meta.url));
    const bytes = answer.ok ? await answer.arrayBuffer() : new ArrayBuffer(0);
    if (WebAssembly.validate(bytes)) return [name, bytes];
  }
}

/**
 * Lets NumPy multiply by the fastest product that this browser and this NumPy take.
 * @param {Pyodide} pyodide
 * @param {WebAssembly.Memory | undefined} memory Python's own
 * @returns {Promise<string>} the name of the product in use
 */
export async function quicken(pyodide, memory) {
  const found = memory && (await compiled());
  if (!found) return "NumPy's own";
  const { instance } = await WebAssembly.instantiate(found[1], { env: { memory } });
  const { matmul, __stack_pointer } = instance.exports;
  const stack = pyodide._module._malloc(STACK_BYTES);
  if (!stack || !(__stack_pointer instanceof WebAssembly.Global)) return "NumPy's own";
  // A stack grows downwards, and its frames begin at multiples of 16.
  __stack_pointer.value = (stack + STACK_BYTES) & ~15;
  const replace = /** @type {(loop: number) => boolean} */ (pyodide.runPython(REPLACE));
  return replace(pyodide._module.addFunction(matmul, "viiii")) ? found[0] : "NumPy's own";
}
