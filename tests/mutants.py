"""Systematic mistakes: answers that differ from a solution in one place of its syntax tree.

`mutants(source, scope)` gives the source of each mutant once. Mutants are mistakes that people
make: an axis, operand, sign or bracket is swapped; a factor, term, copy or `return` is dropped or
added; a variable is replaced by another; random numbers come from another distribution or a fixed
seed; an argument is ignored or destroyed. Some mutants are right: the caller must compare them with
the solution.
"""

import ast
import copy
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

# Functions that people confuse with each other: of NumPy, and some of Python.
CONFUSED = {
    "argmax": ("argmin", "max", "argsort"),
    "argmin": ("argmax", "min", "argsort"),
    "argsort": ("sort",),
    "sum": ("mean", "max", "cumsum"),
    "mean": ("sum", "max", "median"),
    "std": ("var",),
    "var": ("std",),
    "max": ("min", "sum"),
    "min": ("max", "sum"),
    "maximum": ("minimum", "add"),
    "minimum": ("maximum",),
    "logaddexp": ("logaddexp2", "maximum", "add"),
    "log": ("log2", "log10", "log1p", "exp"),
    "exp": ("expm1", "exp2", "log"),
    "sqrt": ("square", "abs"),
    "abs": ("square",),
    "sign": ("abs",),
    "ceil": ("floor", "round"),
    "sin": ("cos",),
    "solve": ("lstsq",),
    "reversed": ("list",),
    "range": ("reversed",),
    "zeros_like": ("ones_like",),
    "empty_like": ("ones_like",),
    "zeros": ("ones",),
    "unique": ("sort", "flip"),
    "normal": ("laplace",),
    "permutation": ("integers",),
    "sigmoid_forward": ("relu_forward",),
    "relu_backward": ("sigmoid_backward",),
    "einsum": ("dot",),
    "repeat": ("tile",),
}
OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add, ast.Pow),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr, ast.BitXor),
    ast.BitOr: (ast.BitAnd,),
    ast.MatMult: (ast.Mult,),
}
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.GtE: (ast.Gt, ast.LtE, ast.Lt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.Eq: (ast.NotEq, ast.GtE),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
}


def mutants(source: str, scope: Iterable[str] = ()) -> list[str]:
    """Give the source of each mutant. `scope` names variables to try instead of others."""
    tree = ast.parse(source)
    own = ast.unparse(tree)
    found = dict.fromkeys(every_mutant(tree, sorted(scope)))
    found.pop(own, None)
    return list(found)


def every_mutant(tree: ast.Module, scope: list[str]) -> Iterator[str]:
    """Change one node at a time, and give the source of the tree."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        yield from whole_function(tree, function)
    others = itertools.cycle(scope) if scope else iter(())
    for parent in list(ast.walk(tree)):
        near = local_names(tree, parent, functions)
        for field, value in list(ast.iter_fields(parent)):
            if isinstance(value, list):
                for k, child in enumerate(value):
                    for new in replacements(child, near, others):
                        value[k] = new
                        yield written(tree)
                    value[k] = child
                yield from shorter(tree, parent, value)
            elif isinstance(value, ast.AST):
                for new in replacements(value, near, others):
                    setattr(parent, field, new)
                    yield written(tree)
                setattr(parent, field, value)


def written(tree: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(tree))


def local_names(tree: ast.Module, node: ast.AST, functions: list[ast.FunctionDef]) -> list[str]:
    """Give the variables of the function that contains a node."""
    inside = [f for f in functions if any(n is node for n in ast.walk(f))] or [tree]
    where = inside[0]
    names = {n.id for n in ast.walk(where) if isinstance(n, ast.Name) and
             isinstance(n.ctx, ast.Store)}  # fmt: skip
    return sorted(names | {n.arg for n in ast.walk(where) if isinstance(n, ast.arg)})


def shorter(tree: ast.Module, parent: ast.AST, value: list[Any]) -> Iterator[str]:
    """Drop, double and swap neighbours in a list of statements, keywords or elements."""
    if not value or not isinstance(value[0], ast.stmt | ast.keyword | ast.expr):
        return
    if isinstance(parent, ast.Delete | ast.Assign | ast.Compare | ast.JoinedStr | ast.Import):
        return
    kept = list(value)
    statements = isinstance(kept[0], ast.stmt)
    for k, child in enumerate(kept):
        if isinstance(child, ast.FunctionDef | ast.Import):
            continue
        value[:] = [*kept[:k], *kept[k + 1 :]] or ([ast.Pass()] if statements else [])
        yield written(tree)
        if statements:
            value[:] = [*kept[:k], child, child, *kept[k + 1 :]]
            yield written(tree)
        if k and not isinstance(child, ast.keyword):
            value[:] = [*kept[: k - 1], child, kept[k - 1], *kept[k + 1 :]]
            yield written(tree)
    value[:] = kept


def replacements(node: Any, near: list[str], others: Iterator[str]) -> Iterator[ast.AST]:
    """Give the replacements of a node."""
    if isinstance(node, ast.stmt):
        yield from other_statements(node)
    elif isinstance(node, ast.expr) and not isinstance(
        getattr(node, "ctx", None), ast.Store | ast.Del
    ):
        yield from other_expressions(node, near, others)
    elif isinstance(node, ast.Slice):
        yield from other_slices(node)


def other_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(node, ast.AugAssign):
        target = copy.deepcopy(node.target)
        target.ctx = ast.Store()  # type: ignore[union-attr]
        here = copy.deepcopy(node.target)
        here.ctx = ast.Load()  # type: ignore[union-attr]
        yield ast.Assign([target], node.value)  # the sum is forgotten
        yield ast.Assign([target], ast.BinOp(here, node.op, node.value))  # a new array
        for op in OPERATORS.get(type(node.op), ()):
            yield ast.AugAssign(node.target, op(), node.value)
    elif isinstance(node, ast.For):
        yield ast.For(node.target, node.iter, [*node.body, ast.Break()], [])
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        yield from node.body
    elif isinstance(node, ast.Return) and node.value is not None:
        result = node.value
        yield ast.Expr(result)
        yield ast.Expr(ast.Yield(result))
        yield ast.Return(ast.Tuple([result, result], ast.Load()))
        yield ast.Return(ast.List([result], ast.Load()))
        yield ast.Return(call("print", result))
        if isinstance(result, ast.Tuple):
            yield ast.Return(ast.Tuple(result.elts[::-1], ast.Load()))
            yield from (ast.Return(part) for part in result.elts)


def other_expressions(node: ast.expr, near: list[str], others: Iterator[str]) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        a, b = node.left, node.right
        yield from (a, b)
        if not isinstance(node.op, ast.Add | ast.BitAnd | ast.BitOr):
            yield ast.BinOp(b, node.op, a)
        for op in OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(a, op(), b)
        # The bracket moves: (a + b) * c becomes a + b * c, and the other way round.
        if isinstance(a, ast.BinOp):
            yield ast.BinOp(a.left, a.op, ast.BinOp(a.right, node.op, b))
        if isinstance(b, ast.BinOp):
            yield ast.BinOp(ast.BinOp(a, node.op, b.left), b.op, b.right)
        yield ast.BinOp(node, ast.Mult(), ast.Constant(2))
        yield ast.UnaryOp(ast.USub(), node)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        for op in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [op()], node.comparators)
    elif isinstance(node, ast.Constant):
        yield from other_constants(node.value)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call):
        yield from other_calls(node)
    elif isinstance(node, ast.Name):
        if node.id in near:
            yield from (ast.Name(name, ast.Load()) for name in near)
            yield ast.Attribute(node, "T", ast.Load())
            yield ast.Constant(1)
            other = next(others, None)
            if other is not None:
                yield ast.Name(other, ast.Load())
    elif isinstance(node, ast.Subscript):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Lambda):
        yield node.body
    elif isinstance(node, ast.BoolOp):
        yield from node.values


def other_constants(value: Any) -> Iterator[ast.expr]:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    for other in (value + 1, value - 1, 2 * value, value / 2, -value, None):
        yield ast.Constant(other)


def other_calls(node: ast.Call) -> Iterator[ast.expr]:
    """Replace a call by a call of another function, by an argument, a fixed seed, or nothing."""
    function = node.func
    name = (
        function.attr
        if isinstance(function, ast.Attribute)
        else function.id
        if isinstance(function, ast.Name)
        else ""
    )
    for other in CONFUSED.get(name, ()):
        if isinstance(function, ast.Attribute):
            yield ast.Call(ast.Attribute(function.value, other, ast.Load()), node.args,
                           node.keywords)  # fmt: skip
        else:
            new: ast.expr = ast.Name(other, ast.Load())
            if name not in ("reversed", "range", "max", "min"):
                new = ast.Attribute(ast.Name("np", ast.Load()), other, ast.Load())
            yield ast.Call(new, node.args, node.keywords)
    if name == "range":
        for k in (1, -1):
            yield ast.Call(function, [*node.args[:-1], ast.BinOp(
                node.args[-1], ast.Add(), ast.Constant(k))], [])  # fmt: skip
    if name == "softmax":  # a vote in the place of a mean
        best = ast.Attribute(node.args[0], "argmax", ast.Load())
        yield ast.Subscript(
            call("np.eye", ast.Constant(3)), ast.Call(best, [ast.Constant(1)], []), ast.Load()
        )
    if name == "normal" and len(node.args) == 3:  # of the same variance
        low = ast.BinOp(node.args[1], ast.Mult(), ast.Constant(-(3**0.5)))
        high = ast.BinOp(node.args[1], ast.Mult(), ast.Constant(3**0.5))
        where = ast.Attribute(function.value, "uniform", ast.Load())  # type: ignore[attr-defined]
        yield ast.Call(where, [low, high, node.args[2]], [])
    if isinstance(function, ast.Attribute):
        if isinstance(function.value, ast.Name) and function.value.id == "rng":
            for own in ("np.random.default_rng(0)", "np.random.default_rng()", "np.random"):
                drawn = ast.Attribute(ast.parse(own, mode="eval").body, name, ast.Load())
                yield ast.Call(drawn, node.args, node.keywords)
        elif not isinstance(function.value, ast.Name) or function.value.id != "np":
            yield function.value
    if any(isinstance(arg, ast.Name) and arg.id == "rng" for arg in node.args):
        fixed = call("np.random.default_rng", ast.Constant(0))
        yield ast.Call(
            function,
            [fixed if isinstance(a, ast.Name) and a.id == "rng" else a for a in node.args],
            node.keywords,
        )
    yield from (arg for arg in node.args if not isinstance(arg, ast.Starred))


def other_slices(node: ast.Slice) -> Iterator[ast.expr]:
    yield ast.Slice(None, node.upper, node.step)
    yield ast.Slice(node.lower, None, node.step)
    if node.step:
        yield ast.Slice(node.lower, node.upper, None)


def whole_function(tree: ast.Module, function: ast.FunctionDef) -> Iterator[str]:
    """Change a function: destroy, keep or ignore an argument, return another type, set a seed."""
    body = list(function.body)
    start = 1 if ast.get_docstring(function) else 0
    given = [arg.arg for arg in function.args.args]
    first = ["np.random.seed(0)", "print('here')"]
    last: list[str] = []
    for name in given:
        first.append(f"{name} = np.array({name}) if isinstance({name}, list) else {name} * 1")
        destroyed = (
            f"if isinstance({name}, np.ndarray) and {name}.flags.writeable: {name}[...] = 0\n"
            f"elif isinstance({name}, list): {name}.append({name}[-1])\n"
            f"elif hasattr({name}, 'theta'): {name}.theta *= 2\n"
        )
        last.append(destroyed)
        last.append(f"if isinstance({name}, list) and isinstance({name}[0], np.ndarray):\n"
                    f"    for part in {name}: part *= 2")  # fmt: skip
        first += [f"{name} = 2 * {name}", f"{name} = None"]
    for line in first:
        function.body[:] = [*body[:start], *ast.parse(line).body, *body[start:]]
        yield written(tree)
    results = ("float(_)", "int(_)", "str(_)", "list(_)", "_ + 1", "2 * _", "-_", "_ / 3", "_[0]",
               "_.astype(object)", "_.astype(np.float32)", "_.astype(int)", "_.T", "_[::-1]",
               "_[:, None]", "_.ravel()", "np.sort(_)", "None", "np.asarray(_)", "abs(_)", "_ ** 2",
               "np.round(_, 3)", "np.full_like(_, np.nan)", "lambda: _")  # fmt: skip
    if not isinstance(body[-1], ast.Return) or body[-1].value is None:
        function.body[:] = body
        return
    kept = ast.Assign([ast.Name("_", ast.Store())], body[-1].value)
    for line in [*last, *(f"_ = {result}" for result in results)]:
        after = ast.Return(ast.Name("_", ast.Load()))
        function.body[:] = [*body[:-1], kept, *ast.parse(line).body, after]
        yield written(tree)
    function.body[:] = body


def call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.parse(name, mode="eval").body, list(arguments), [])


def shown(source: str, mutant: str) -> str:
    """Give the lines in which a mutant differs from the solution."""
    before = ast.unparse(ast.parse(source)).splitlines()
    return " | ".join(line.strip() for line in mutant.splitlines() if line not in before)
