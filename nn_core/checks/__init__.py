"""Check arguments before a function uses them. No chapter derives these checks.

`settings` checks numbers and random generators, `examples` checks data, `images` checks images,
`files` checks the files of a data set, `predictions` checks the outputs of a network, `training`
checks the arguments and the progress of `fit`, and `formats` recognises file formats. Each error
message is one sentence that names the expected value and the value found.
"""
