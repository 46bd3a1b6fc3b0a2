const DATE_TIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(?:Z|([+-][0-9]{2}):([0-9]{2}))?$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * An xsd:dateTime in UTC, as ISO 8601 with `Z`: an offset is converted, without a zone UTC is assumed, a fraction is
 * kept as sent. Undefined for what is no such time, names a day that never was, or falls outside the years 0000 to 9999.
 */
export function toUtc(text: string): string | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', offsetHours = '+00', offsetMinutes = '00'] =
    match;
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  if (!isTimeOfDay(Number(hour), Number(minute), Number(second), fraction)) return undefined;
  if (!isOffset(Math.abs(Number(offsetHours)), Number(offsetMinutes))) return undefined;
  const local = text.slice(0, 19);
  const offset = `${offsetHours}:${offsetMinutes}`;
  const isUtc = /^[+-]00:00$/.test(offset) && hour !== '24';
  const utc = isUtc ? local : inUtc(local + offset);
  return utc === undefined ? undefined : `${utc}${fraction}Z`;
}

function inUtc(localTime: string): string | undefined {
  const iso = new Date(localTime).toISOString();
  // Years beyond four digits are written with a sign and six.
  return iso.length === 24 ? iso.slice(0, 19) : undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeapYear ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

/** 24:00:00 is the end of a day. */
function isTimeOfDay(hour: number, minute: number, second: number, fraction: string): boolean {
  if (hour === 24) return minute === 0 && second === 0 && !/[1-9]/.test(fraction);
  return hour < 24 && minute < 60 && second < 60;
}

function isOffset(hours: number, minutes: number): boolean {
  return minutes < 60 && (hours < 14 || (hours === 14 && minutes === 0));
}
