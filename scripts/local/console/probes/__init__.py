"""A probe a kind of node: each measures its nodes when asked, and leaves out those that do not answer.

Figures are numbers by name; `static/format.js` has what each is called, and its unit.
"""
