"""Published advisories about packages: kept on this machine or asked of an API, and what they say of a version.

The records are OSV's (https://ossf.github.io/osv-schema/). Nothing here reads the files under review, and nothing here uses the
network unless the user named an address.
"""
