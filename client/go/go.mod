module secprof.io/secprof

go 1.19
