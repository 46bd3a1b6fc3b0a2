const MOST_TEXTS = 4096;

/**
 * A text that ends in a number of seconds, made once for many answers: put together anew for each, it costs more than the
 * rest of its header.
 */
export function createSecondsText(start: string): (seconds: number) => string {
  const texts = new Map<number, string>();
  return (seconds) => {
    let text = texts.get(seconds);
    if (text === undefined) {
      text = start + String(seconds);
      if (texts.size >= MOST_TEXTS) texts.clear();
      texts.set(seconds, text);
    }
    return text;
  };
}
