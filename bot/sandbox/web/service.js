// What do the messages say that nobody wrote: somebody joined, a topic was opened?

import { t } from "./i18n.js";
import { nameOf, snippet } from "./names.js";

/** One sentence for a service message, null for a message that somebody wrote. */
export function serviceText(message) {
  const who = nameOf(message.from);
  if (message.new_chat_members)
    return t("service_joined", { who: message.new_chat_members.map(nameOf).join(", ") });
  if (message.left_chat_member) return t("service_left", { who: nameOf(message.left_chat_member) });
  if (message.forum_topic_created)
    return t("service_topic", { who, topic: message.forum_topic_created.name });
  if (message.forum_topic_closed) return t("service_topic_closed", { who });
  if (message.forum_topic_reopened) return t("service_topic_reopened", { who });
  if (message.new_chat_title) return t("service_title", { who, title: message.new_chat_title });
  if (message.pinned_message) return t("service_pinned", { who, text: snippet(message.pinned_message) });
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return t("service_migrated");
  return null;
}
