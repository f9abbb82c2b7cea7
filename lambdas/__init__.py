"""The Lambda functions: one folder each, and packages that several of them carry.

A folder with a `handler.py` is a function, and `blueprint build` makes a zip of it:

- `handler.py` has `handler(event, context)`; its docstring says what it does and which variables it reads.
- `requirements.in` names what it imports; `make lock` writes `requirements.txt`, with the project's versions.
  What Lambda's runtime brings along (boto3) stays out of the zip.
- `bundle.toml`, if it needs one, names packages of this checkout that the zip carries besides the folder
  (`packages = ["lambdas/database"]`), and packages of its lock that it can do without (`leave_out`).

Modules have the same names in the zip as in this checkout: `lambdas.<function>.<module>`.
"""
