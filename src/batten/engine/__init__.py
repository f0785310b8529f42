"""Discover, read, link, judge, suppress, fix, compare. The only package that imports all layers below."""
