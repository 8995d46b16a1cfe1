-- Asks for a page of the list: argument is the API key.
require("report")
function init(args)
  asked = wrk.format("GET", "/v1/payment_links?limit=50", { ["Host"] = wrk.headers["Host"], ["Authorization"] = "Bearer " .. args[1] })
end

function request()
  return asked
end
