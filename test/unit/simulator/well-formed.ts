import { XMLValidator } from 'fast-xml-parser';

export function isWellFormed(xml: string): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package of its own
  return XMLValidator.validate(xml) === true;
}
