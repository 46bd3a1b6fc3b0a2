/** CallFire's published sample call, as one document with the given id. */
export function callDocument(id) {
  return (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
    '<r:Resource xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource">\n' +
    `${call(id)}</r:Resource>\n`
  );
}

/** A list of `count` calls with ids of their own. */
export function listDocument(count) {
  const calls = Array.from({ length: count }, (_, index) => call(224205636001 + index));
  return (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
    '<r:ResourceList xmlns="http://api.callfire.com/data" xmlns:r="http://api.callfire.com/resource"' +
    ` totalResults="${count}">\n${calls.join('')}</r:ResourceList>\n`
  );
}

function call(id) {
  return `    <Call id="${id}">
        <FromNumber>12132609784</FromNumber>
        <ToNumber context="cf3-verify" verifyDigits="9366">19196991764</ToNumber>
        <State>FINISHED</State>
        <BroadcastId>1836940001</BroadcastId>
        <ContactId>169915679001</ContactId>
        <Inbound>false</Inbound>
        <Created>2014-06-16T19:34:29Z</Created>
        <Modified>2014-06-16T19:35:14Z</Modified>
        <FinalResult>LA</FinalResult>
        <CallRecord id="135106697001">
            <Result>LA</Result>
            <FinishTime>2014-06-16T19:35:16Z</FinishTime>
            <BilledAmount>0.0</BilledAmount>
            <OriginateTime>2014-06-16T19:34:29Z</OriginateTime>
            <AnswerTime>2014-06-16T19:34:41Z</AnswerTime>
            <Duration>35</Duration>
        </CallRecord>
    </Call>
`;
}
