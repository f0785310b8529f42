"""What a change lowers: what its base would have reported, and the changed policy, names or comments keep from the verdict.

`lowering` has the records, `decisions` and `declarations` hold two policies against each other (pure), `places` looks at files
whose context or reader has changed, `weighing` counts what each hides and makes findings of them.
"""
