"""The guard as an external processor of Envoy (envoy.service.ext_proc.v3) over gRPC.

`protobuf` and `messages` are the wire, `exchange` makes verdicts of messages and stands on nothing but the guard,
`server` speaks gRPC and stands on the extra `batten[extproc]`, `configuration` is what Envoy must be told.
"""
