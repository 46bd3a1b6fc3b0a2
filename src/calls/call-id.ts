const LARGEST = '9223372036854775807';

/** Whether `text` is a call id as the gateway takes it: decimal, 1 to 2^63-1, no sign, no leading zero. */
export function isCallId(text: string): boolean {
  if (!/^[1-9][0-9]{0,18}$/.test(text)) return false;
  // Same length compares like numbers; JavaScript numbers would lose digits.
  return text.length < LARGEST.length || text <= LARGEST;
}
