const OPENING =
  '<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource">';

/** A finished call with as many records as fit: all lawful. */
export function longCall(id: string, bytes: number): Buffer {
  return documentOf(callOf(id, bytes, record));
}

/** A finished call with as many empty elements as fit: lawful, and far larger in memory. */
export function emptyElements(id: string, bytes: number, element = '<a/>'): Buffer {
  return documentOf(callOf(id, bytes, () => element));
}

function documentOf(call: string): Buffer {
  return Buffer.from(`${OPENING}${call}</r:Resource>`);
}

function callOf(id: string, bytes: number, piece: (number: number) => string): string {
  const inside = fill(bytes - 300, piece);
  return `<Call id="${id}"><State>FINISHED</State><Modified>2014-06-16T19:35:14Z</Modified>${inside}</Call>`;
}

function record(number: number): string {
  return (
    `<CallRecord id="${135106697001 + number}"><Result>LA</Result><FinishTime>2014-06-16T19:35:16Z</FinishTime>` +
    '<BilledAmount>0.0</BilledAmount><OriginateTime>2014-06-16T19:34:29Z</OriginateTime>' +
    '<AnswerTime>2014-06-16T19:34:41Z</AnswerTime><Duration>35</Duration></CallRecord>\n'
  );
}

function fill(bytes: number, piece: (number: number) => string): string {
  const pieces: string[] = [];
  for (let length = 0; length < bytes; length += pieces.at(-1)?.length ?? 0)
    pieces.push(piece(pieces.length));
  return pieces.join('');
}
