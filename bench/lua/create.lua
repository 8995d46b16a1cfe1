-- Creates links, each under an idempotency key of its own: arguments are the API key and a word for the keys of this run.
require("report")
local number = 0

function init(args)
  run = args[2]
  headers = {
    ["Host"] = wrk.headers["Host"],
    ["Authorization"] = "Bearer " .. args[1],
    ["Content-Type"] = "application/json",
  }
end

function request()
  number = number + 1
  headers["Idempotency-Key"] = run .. "-" .. number
  return wrk.format("POST", "/v1/payment_links", headers, string.format(
    '{"amount_minor":4200,"currency":"USD","description":"Bicycle service no. %d, spring check","reference":"INV-%d",' ..
    '"note":"Brakes, gears and tires checked.","metadata":{"order":"%d"}}', number, number, number))
end
