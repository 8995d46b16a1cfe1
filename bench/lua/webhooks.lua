-- Sends each line of a file (signature, tab, body) once: arguments are the file and the address. Says "sent" when
-- as many were answered; whoever started this looks whether all have arrived, and interrupts it.
require("report")
function init(args)
  path = args[2]
  webhooks = {}
  for line in io.lines(args[1]) do
    webhooks[#webhooks + 1] = line
  end
  -- wrk makes one request only to look at it.
  sent, answered = -1, 0
end

function request()
  -- Connections that find no webhook left repeat the last one, which has no second effect.
  sent = math.min(sent + 1, #webhooks)
  local signature, body = webhooks[math.max(sent, 1)]:match("^([^\t]*)\t(.*)$")
  return wrk.format("POST", path, {
    ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json", ["Sandbox-Signature"] = signature,
  }, body)
end

function response(status)
  answered = answered + 1
  if answered == #webhooks then
    io.write("sent\n")
    io.flush()
  end
end
