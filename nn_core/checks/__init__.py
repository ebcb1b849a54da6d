"""What looks at arguments before a function uses them; no chapter derives it.

`settings` looks at numbers and random generators, `examples` at data, `images` at their shapes,
`predictions` at what a network has said, `training` at what `fit` is given and at its course, and
`formats` tells what a file is. Each refuses in one sentence that names what was found and what was
expected.
"""
