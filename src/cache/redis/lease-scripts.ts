/**
 * A lease is a hash that expires: under `owner` the token of whoever fetches, and a field named for each token that
 * waits. A token is `<inbox>:<number>`, the inbox being the channel at which its process listens.
 */
const LEASE = `
local function inbox_of(token) return string.match(token, '^(.*):%d+$') end

local function listens(token)
  local found = redis.pcall('PUBSUB', 'NUMSUB', inbox_of(token))
  return found[2] ~= 0
end

-- Milliseconds for which the owner still has the lease. Who does not listen any more is gone, and has it no more.
local function left_for(owner)
  local left = redis.call('PTTL', KEYS[1])
  return owner and left > 0 and listens(owner) and left or 0
end
`;

/** What a claim comes to. */
export const OURS = 1;
export const ANOTHERS = 0;
export const DEAF = -1;
export type ClaimReply = [typeof OURS, Buffer | null] | [typeof ANOTHERS, number] | [typeof DEAF];

/**
 * Claims a lease (KEYS: the lease, the entry; ARGV: token, milliseconds). `{OURS, entry}`, with what the cache holds now;
 * `{ANOTHERS, left}`: for so many milliseconds, and we are among those to be told; `{DEAF}`: our inbox is not known here.
 * Those who waited for an owner that is gone wait for us. An owner of our own inbox has given up: a process claims a key
 * once at a time. A free lease is taken without a read, because Redis announces changes of what was read (CLIENT TRACKING).
 */
export const CLAIM_SCRIPT = `${LEASE}
local token, lease_ms = ARGV[1], ARGV[2]
if not listens(token) then return {${DEAF}} end
if redis.call('HSETNX', KEYS[1], 'owner', token) == 0 then
  local owner = redis.call('HGET', KEYS[1], 'owner')
  local left = left_for(owner)
  if left > 0 and inbox_of(owner) ~= inbox_of(token) then
    redis.call('HSET', KEYS[1], token, '')
    return {${ANOTHERS}, left}
  end
  redis.call('HSET', KEYS[1], 'owner', token)
end
redis.call('PEXPIRE', KEYS[1], lease_ms)
local entry = redis.pcall('GET', KEYS[2])
return {${OURS}, type(entry) == 'string' and entry}
`;

/** For how many milliseconds it still makes sense for a token to wait (ARGV: token); 0: claim again. */
export const CHECK_SCRIPT = `${LEASE}
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
return left_for(redis.call('HGET', KEYS[1], 'owner'))
`;

/**
 * Gives back a lease that is still the token's, and tells each who waits `<its number> <message>` (ARGV: token, message).
 * Gone first: where publishing is refused, those who wait find that out by themselves.
 */
export const END_SCRIPT = `${LEASE}
local token, message = ARGV[1], ARGV[2]
if redis.call('HGET', KEYS[1], 'owner') ~= token then return 0 end
local fields = redis.call('HKEYS', KEYS[1])
redis.call('DEL', KEYS[1])
for _, field in ipairs(fields) do
  if field ~= 'owner' then
    redis.pcall('PUBLISH', inbox_of(field), string.match(field, '%d+$') .. ' ' .. message)
  end
end
return 1
`;
