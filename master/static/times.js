// A run's output with the time of each line before it, as `lineTimes` of its record says.

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
});

// `0*3,120*1`: three lines 0 ms after the start, one 120 ms after these.
function timesOf(record, count) {
  const times = [];
  let ms = record.startTime;
  for (const entry of record.lineTimes.split(",")) {
    const said = /^(\d{1,15})\*(\d{1,9})$/.exec(entry);
    if (!said) break;
    ms += Number(said[1]);
    for (let left = Number(said[2]); left > 0 && times.length < count; left -= 1) times.push(ms);
  }
  return times;
}

function told(ms) {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "" : clock.format(date);
}

export function timedOutput(record) {
  const lines = record.output.replace(/\n$/, "").split("\n");
  const times = timesOf(record, lines.length).map(told);
  const width = Math.max(0, ...times.slice(0, 1).map((time) => time.length));
  return lines.map((line, place) => `${(times[place] ?? "").padEnd(width)}  ${line}\n`).join("");
}
