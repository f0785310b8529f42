module example.com/orders // the service

go 1.22.0

toolchain go1.22.5

require github.com/go-chi/chi/v5 v5.0.10

require (
	github.com/gin-contrib/cors v1.7.2
	"github.com/google/uuid" v1.6.0 // indirect
	github.com/old/lib v2.0.0+incompatible // indirect; kept for the tests
	golang.org/x/net v0.0.0-20210226172049-e18ecbb05110 // indirect
	example.com/shared v0.0.0
	// github.com/gone/gone v1.0.0
	github.com/forked/one v1.2.3
)

replace (
	example.com/shared => ../shared
	github.com/forked/one v1.2.3 => github.com/ours/one v1.2.4
)

replace golang.org/x/net => golang.org/x/net v0.17.0

exclude github.com/go-chi/chi/v5 v5.0.9

retract v1.0.0 // published by mistake
