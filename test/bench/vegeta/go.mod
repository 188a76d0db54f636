// The load generator of the benchmarks: npm run bench -- peers builds it into .local/.
module plinth/bench/vegeta

go 1.22

require github.com/tsenart/vegeta/v12 v12.13.0
