// How are dates written in the page's language?

import { locale, t } from "./i18n.js";

const DAY = 86_400_000; // ms

/** The hour of a Bot API date (seconds since 1970), for example 09:41. */
export function hour(date) {
  return format(date, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** Date and time in full, for tooltips. */
export function fullDate(date) {
  return format(date, { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" });
}

/** The day as a separator says it: today, yesterday, 3 March, 3 March 2024. */
export function day(date) {
  const age = daysAgo(date);
  if (age === 0) return t("today");
  if (age === 1) return t("yesterday");
  const sameYear = new Date(date * 1000).getFullYear() === new Date().getFullYear();
  return format(date, { day: "numeric", month: "long", year: sameYear ? undefined : "numeric" });
}

/** What fits at the right of a chat in the list: the hour, the weekday, the date. */
export function shortDate(date) {
  const age = daysAgo(date);
  if (age <= 0) return hour(date);
  if (age < 7) return format(date, { weekday: "short" });
  return format(date, { day: "numeric", month: "numeric", year: "2-digit" });
}

/** A key that two dates of the same day share. */
export function dayKey(date) {
  return midnight(new Date(date * 1000)).getTime();
}

function daysAgo(date) {
  return Math.round((midnight(new Date()) - midnight(new Date(date * 1000))) / DAY);
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

function format(date, options) {
  return new Intl.DateTimeFormat(locale(), options).format(new Date(date * 1000));
}
