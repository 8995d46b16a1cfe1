-- Opens random payment links: arguments are the first and the last number of their slugs, and a seed.
require("report")
function init(args)
  first, last = tonumber(args[1]), tonumber(args[2])
  math.randomseed(tonumber(args[3]))
end

function request()
  return wrk.format("GET", string.format("/p/b%010d", math.random(first, last)))
end
