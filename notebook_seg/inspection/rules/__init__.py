"""What evidence means: each rule draws its conclusion on its own.

A rule is a function from `Evidence` to pieces of `Advice`, none if all is well.
"""
