import { CHECKED_FROM, MAGIC } from './entry-codec.js';

/**
 * Stores a value unless a newer one is there: 1 stored, 0 newer kept. One script, because between a read and a write of
 * ours another process could write. The order is `isOlder` in calls/call-entry.ts; change both or neither.
 *
 * What is there counts only if `decodeEntry` would take it, else it is overwritten whatever it looks like. The checksum
 * is costly, so it comes last, when the put is about to be refused.
 */
export const PUT_SCRIPT = `
local value, ttl_ms, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local modified, rank = tonumber(ARGV[4]), tonumber(ARGV[5])

local function older_than(seen_modified, seen_rank)
  if seen_rank > 0 and rank == 0 then return true end
  if modified and seen_modified and modified ~= seen_modified then return modified < seen_modified end
  return rank < seen_rank
end

local function keeps(held)
  if type(held) ~= 'string' or string.sub(held, 1, ${MAGIC.length}) ~= '${MAGIC}' then return false end
  if #held < ${CHECKED_FROM} + struct.size('>BdI6') then return false end
  local held_rank, held_modified, usable_until = struct.unpack('>BdI6', held, ${CHECKED_FROM + 1})
  -- Not a number stands for none.
  if held_modified ~= held_modified then held_modified = nil end
  if usable_until <= now or not older_than(held_modified, held_rank) then return false end
  local sum = string.format(string.rep('%02x', 6), string.byte(held, ${MAGIC.length + 1}, ${CHECKED_FROM}))
  local checked = redis.sha1hex(KEYS[1] .. string.sub(held, ${CHECKED_FROM + 1}))
  return string.sub(checked, 1, 12) == sum
end

if keeps(redis.pcall('GET', KEYS[1])) then return 0 end
redis.call('SET', KEYS[1], value, 'PX', ttl_ms)
return 1
`;
