import type { Call } from '../../calls/call.js';
import { decodeText } from '../xml/decode-text.js';
import { isData, refuseText } from './element-parts.js';
import { invalidDocument } from '../xml/invalid-document.js';
import { normalizeCall } from './normalize-call.js';
import { parseXml } from '../xml/parse-xml.js';
import type { XmlElement } from '../xml/xml-element.js';

const RESOURCE_NAMESPACE = 'http://api.callfire.com/resource';

/**
 * Reads CallFire's answer to GetCall: a `Resource` that holds the call `id` (in canonical decimal form).
 * Throws GatewayError `upstream-invalid-response` for anything else.
 */
export function readCallDocument(body: Buffer, contentType: string | undefined, id: string): Call {
  const call = normalizeCall(callIn(parseXml(decodeText(body, contentType))));
  if (call.id !== id) throw invalidDocument('it holds another call than the one asked for');
  return call;
}

function callIn(root: XmlElement): XmlElement {
  if (root.namespace !== RESOURCE_NAMESPACE || root.name !== 'Resource') {
    throw invalidDocument(`its root is not a Resource of ${RESOURCE_NAMESPACE}`);
  }
  refuseText(root);
  const [call, another] = root.children.filter((child) => isData(child, 'Call'));
  if (call === undefined) throw invalidDocument('its Resource holds no Call');
  if (another !== undefined) throw invalidDocument('element Call stands twice in Resource');
  return call;
}
