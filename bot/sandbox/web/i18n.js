// What does the page say, in English and in Simplified Chinese?

// key: [English, Chinese]; "one|many" where English needs a plural of {count}.
export const PHRASES = {
  add_caption: ["Add a caption…", "添加说明…"],
  already_added: [
    "In the sandbox the bot is already in the demo group and the demo channel",
    "沙盒里，机器人已经在演示群组和演示频道中了",
  ],
  attach: ["Attach a file", "添加文件"],
  back: ["Back to the chats", "返回聊天列表"],
  bot: ["bot", "机器人"],
  bot_silent: ["The bot has not answered the button. Is it running?", "机器人没有回应这个按钮。它在运行吗？"],
  cancel: ["Cancel", "取消"],
  cannot_post: ["Only administrators can post in this channel", "只有管理员可以在此频道发言"],
  channel: ["channel", "频道"],
  chats: ["Chats", "聊天"],
  close: ["Close", "关闭"],
  commands: ["Commands", "命令"],
  connecting: ["Connecting…", "正在连接…"],
  copied: ["Copied", "已复制"],
  copy: ["Copy text", "复制文字"],
  delete: ["Delete", "删除"],
  discard: ["Discard", "放弃"],
  document: ["File", "文件"],
  download: ["Download", "下载"],
  drop_here: ["Drop files here to send them", "把文件拖到这里发送"],
  edit: ["Edit", "编辑"],
  edited: ["edited", "已编辑"],
  editing: ["Edit message", "编辑消息"],
  general: ["General", "综合"],
  group: ["group", "群组"],
  intro_text: [
    "Tonefit reads the tone of a message, learns labels of your own and fits curves to points.",
    "Tonefit 能读懂一条消息的语气，学会你自己的标签，还能为数据点拟合曲线。",
  ],
  intro_title: ["What can this bot do?", "这个机器人能做什么？"],
  language_name: ["English", "简体中文"],
  message: ["Message", "输入消息"],
  messages: ["Messages", "消息"],
  more: ["More", "更多"],
  no_messages: ["No messages here yet", "还没有消息"],
  not_available: ["This button does not work in the sandbox", "沙盒里不支持这个按钮"],
  not_member: ["You are not a member here", "你不是这里的成员"],
  offline: ["Connection lost. Trying again…", "连接已断开，正在重试…"],
  photo: ["Photo", "图片"],
  play_as: ["Play as", "扮演"],
  react: ["React", "回应"],
  reaction: ["Reaction {emoji}", "表情 {emoji}"],
  recording: ["is recording…", "正在录制…"],
  refused: ["Telegram would not allow this", "Telegram 不允许这样做"],
  refused_button_gone: ["This button is no longer there", "这个按钮已经不在了"],
  refused_cannot_write: ["You cannot write here", "你不能在这里发言"],
  refused_caption_too_long: [
    "Not sent: the text with a file holds up to 1,024 characters",
    "未发送：文件说明最多 1,024 个字符",
  ],
  refused_file_empty: ["Not sent: the file is empty", "未发送：文件是空的"],
  refused_file_too_big: ["Not sent: a file holds up to 50 MB", "未发送：文件不能超过 50 MB"],
  refused_malformed: ["The sandbox did not understand the page", "沙盒没有看懂页面的请求"],
  refused_may_not_delete: [
    "Only its author or an administrator can delete this message",
    "只有作者或管理员可以删除这条消息",
  ],
  refused_message_gone: ["This message is no longer there", "这条消息已经不在了"],
  refused_no_chat: ["This chat is no longer there", "这个聊天已经不在了"],
  refused_no_person: ["This person is no longer there", "这个人已经不在了"],
  refused_no_reaction: ["Telegram has no such reaction", "Telegram 没有这个表情回应"],
  refused_no_topic: ["This topic is no longer there", "这个话题已经不在了"],
  refused_not_author: ["Only its author can edit this message", "只有作者可以编辑这条消息"],
  refused_photo_dimensions: [
    "Not sent: the picture is too large or too narrow for a photo; send it as a file",
    "未发送：图片太大或太窄，请以文件发送",
  ],
  refused_photo_too_big: [
    "Not sent: a photo holds up to 10 MB; send it as a file",
    "未发送：图片不能超过 10 MB，请以文件发送",
  ],
  refused_photo_unreadable: [
    "Not sent: the picture cannot be read; send it as a file",
    "未发送：无法读取这张图片，请以文件发送",
  ],
  refused_reply_gone: ["Not sent: the answered message was deleted", "未发送：所回复的消息已被删除"],
  refused_text_empty: ["A message needs a text", "消息不能是空的"],
  refused_text_too_long: ["Not saved: the text is too long", "未保存：文字太长"],
  remove_file: ["Remove the file", "移除文件"],
  reply: ["Reply", "回复"],
  reply_gone: ["Deleted message", "消息已删除"],
  reply_to: ["Reply to {name}", "回复 {name}"],
  role_administrator: ["{name} is an administrator", "{name} 是管理员"],
  role_creator: ["{name} is the owner", "{name} 是所有者"],
  role_left: ["{name} is not a member", "{name} 不是成员"],
  role_member: ["{name} is a member", "{name} 是成员"],
  retry: ["Send again", "重新发送"],
  sandbox_note: ["Local sandbox: nothing leaves this computer", "本地沙盒：数据不会离开这台电脑"],
  results: ["Results of the bot", "机器人的结果"],
  save_edit: ["Save", "保存"],
  send: ["Send", "发送"],
  send_as_photo: ["Send as a photo", "以图片发送"],
  sent_photo: ["sends a photo…", "正在发送图片…"],
  sent_document: ["sends a file…", "正在发送文件…"],
  service_joined: ["{who} joined", "{who} 加入了"],
  service_left: ["{who} left", "{who} 离开了"],
  service_migrated: ["The group became a supergroup", "群组已升级为超级群组"],
  service_pinned: ["{who} pinned “{text}”", "{who} 置顶了“{text}”"],
  service_title: ["{who} named this “{title}”", "{who} 将名称改为“{title}”"],
  service_topic: ["{who} opened the topic “{topic}”", "{who} 创建了话题“{topic}”"],
  service_topic_closed: ["{who} closed the topic", "{who} 关闭了话题"],
  service_topic_reopened: ["{who} reopened the topic", "{who} 重新打开了话题"],
  start: ["Start", "开始"],
  sticker: ["Sticker", "贴纸"],
  send_sticker: ["Send a sticker", "发送贴纸"],
  switch_language: ["Switch this person to 中文", "把此人切换为 English"],
  to_bottom: ["Go to the newest message", "回到最新消息"],
  today: ["Today", "今天"],
  topics: ["Topics", "话题"],
  typing: ["is typing…", "正在输入…"],
  unknown_message: ["A message that this page cannot show", "此页面无法显示的消息"],
  unread: ["{count} unread message|{count} unread messages", "{count} 条未读消息"],
  yesterday: ["Yesterday", "昨天"],
  you: ["You", "你"],
};

let language = 0; // the column of PHRASES

/** Any `zh*` is Simplified Chinese, everything else English, as the bot has it. */
export function setLanguage(code) {
  language = (code ?? "").toLowerCase().startsWith("zh") ? 1 : 0;
  document.documentElement.lang = locale();
}

/** The IETF code of the language in use, for dates and for the page. */
export function locale() {
  return ["en-GB", "zh-CN"][language];
}

/** Say a phrase; `count` chooses between one and many. */
export function t(key, values = {}) {
  const forms = PHRASES[key][language].split("|");
  const phrase = forms.length > 1 && values.count !== 1 ? forms[1] : forms[0];
  return phrase.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Fill the fixed texts of the page: `data-t` is an element's text, `data-t-label` its name, `data-t-placeholder` its hint. */
export function translatePage() {
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
    if (node.matches("button")) node.title = t(node.dataset.tLabel);
  }
  for (const node of document.querySelectorAll("[data-t-placeholder]"))
    node.placeholder = t(node.dataset.tPlaceholder);
}
