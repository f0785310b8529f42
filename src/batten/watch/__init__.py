"""`batten watch`: a service that assesses every environment again and again, and knows what changed.

Rooms, from the roof down: `service` puts together what listens; `pages` and `api` are what people and programs see; `alerts` and
`schedule` act by themselves; `assess` looks at one environment once; `access` says who may; `store` keeps; `ledger` decides, from
an assessment and what was known, what has changed; `model` has the nouns.
"""
