// What does the page say, in English and in Simplified Chinese?

// key: [English, Chinese]; "one|many" where English needs a plural of {count}.
const PHRASES = {
  accuracy: ["Accuracy", "准确率"],
  all_models: ["All models", "全部模型"],
  arch_article: ["LSTM of the article", "文章中的 LSTM"],
  arch_cnn: ["CNN", "CNN"],
  arch_gru: ["GRU", "GRU"],
  arch_lstm: ["LSTM", "LSTM"],
  arch_transformer: ["Transformer", "Transformer"],
  as_table: ["As a table", "以表格显示"],
  away: ["Redis does not answer", "Redis 没有响应"],
  blocks: ["Blocked", "已屏蔽"],
  calibration_error: ["Calibration error", "校准误差"],
  chat: ["Chat", "聊天"],
  chat_id: ["Id of the chat", "聊天 ID"],
  chats: ["Chats", "聊天"],
  coefficient: ["Coefficient", "系数"],
  coefficients: ["Coefficients", "系数"],
  confusion: ["Confusion: truth in rows, answers in columns", "混淆矩阵：行为真实标签，列为回答"],
  days: ["{count} day|{count} days", "{count} 天"],
  dead_letters: ["Dead letters", "死信"],
  done: ["Done", "已完成"],
  every_chat: ["every chat", "所有聊天"],
  examples: ["Examples", "样本"],
  f1: ["F1", "F1"],
  failed: ["Failed", "失败"],
  false_positives: ["False positives", "假阳性率"],
  few_people: [
    "Fewer than {count} people wrote in this time, so nothing is shown.",
    "这段时间内发言的不足 {count} 人，因此不显示。",
  ],
  few_people_hidden: ["Hatched: fewer than {count} people wrote.", "斜线：发言不足 {count} 人。"],
  find: ["Find", "查找"],
  fit: ["Fit", "拟合"],
  fit_hint: [
    "Write what one writes behind /fit: options, then points, pairs or a table with a header.",
    "写法与 /fit 后面相同：先选项，再数据点、数对或带表头的表格。",
  ],
  fit_it: ["Fit", "拟合"],
  halt_closed: ["New trainings are refused; those that wait are done.", "不再接受新的训练；等待中的会完成。"],
  halt_maintenance: [
    "Maintenance: people are told to wait, what they send is held.",
    "维护中：用户会收到提示，消息暂存。",
  ],
  halt_paused: ["Trainings are paused: workers begin nothing.", "训练已暂停：工作进程不会开始新任务。"],
  host: ["Host", "主机"],
  id_begins: ["Id begins with", "ID 开头"],
  interval: ["Interval", "区间"],
  job: ["Job", "任务"],
  jobs: ["Trainings", "训练任务"],
  kind: ["Kind", "类型"],
  kind_channel: ["channel", "频道"],
  kind_group: ["group", "群组"],
  kind_private: ["private", "私聊"],
  kind_supergroup: ["supergroup", "超级群组"],
  known_chats: ["{shown} of {count} chat|{shown} of {count} chats", "{count} 个聊天中的 {shown} 个"],
  label: ["Label", "标签"],
  labels: ["Labels", "标签"],
  left: ["Time left", "剩余时间"],
  letters_hint: [
    "Updates that failed three times. They are kept for a day; a replay puts one behind what its chat has sent since.",
    "失败三次的更新，保留一天；重放会把它排在该聊天之后发来的内容后面。",
  ],
  link_hint: [
    "On the bot's machine run “tonefit ops-link” and open the link that it prints, or open the Mini App as an operator.",
    "请在机器人所在的机器上运行 “tonefit ops-link” 并打开它给出的链接，或以运维人员身份打开小程序。",
  ],
  live: ["Live", "实时"],
  loading: ["Loading…", "正在加载…"],
  macro_f1: ["F1 (macro)", "F1（宏平均）"],
  macro_precision: ["Precision (macro)", "精确率（宏平均）"],
  macro_recall: ["Recall (macro)", "召回率（宏平均）"],
  made: ["Made", "创建于"],
  maintenance: ["Maintenance since", "维护开始于"],
  memory: ["Redis memory", "Redis 内存"],
  messages: ["Messages", "消息"],
  messages_week: ["Messages, 7 days", "7 天消息"],
  model: ["Model", "模型"],
  models: ["Models", "模型"],
  mood: ["Mood", "心情"],
  mood_hint: ["Counts only, as /mood shows them.", "只有计数，与 /mood 相同。"],
  mood_of: ["Mood of {chat}", "{chat} 的心情"],
  new_dead_letters: ["{count} dead letter|{count} dead letters", "{count} 封死信"],
  no_chats: ["No chat has such an id.", "没有这样的聊天 ID。"],
  no_jobs: ["No training waits or runs.", "没有等待或运行中的训练。"],
  no_letters: ["No update failed in the last day.", "过去一天没有失败的更新。"],
  no_mood: ["No message was counted in this time.", "这段时间没有统计任何消息。"],
  no_workers: [
    "No worker lives: trainings wait. Start one by “tonefit worker”.",
    "没有工作进程：训练正在等待。用 “tonefit worker” 启动一个。",
  ],
  not_trained: ["not trained yet", "尚未训练"],
  now: ["Now", "当前"],
  offline: ["Connection lost, trying again", "连接已断开，正在重试"],
  online: ["Live", "实时"],
  other_language: ["中文", "English"],
  parts: ["Parts of the page", "页面分区"],
  per_label: ["By label", "按标签"],
  points: ["Points", "数据点"],
  precision: ["Precision", "精确率"],
  precision_recall: ["Precision and recall", "精确率与召回率"],
  queue: ["Queue", "队列"],
  queues: ["Queues", "队列"],
  reason: ["Reason", "原因"],
  recall: ["Recall", "召回率"],
  reference: ["Reference", "编号"],
  refresh: ["Refresh", "刷新"],
  refused_forged: ["Telegram did not sign this for this bot.", "这不是 Telegram 为本机器人签发的。"],
  refused_old: [
    "Telegram signed this too long ago: close the app and open it again.",
    "签名时间过久：请关闭小程序后重新打开。",
  ],
  refused_stranger: ["You are not among the operators of this bot.", "你不是这个机器人的运维人员。"],
  refused_used: [
    "This link was used already, or is older than ten minutes.",
    "这个链接已用过，或已超过十分钟。",
  ],
  replay: ["Replay", "重放"],
  replay_of: ["Replay {reference}", "重放 {reference}"],
  replayed: ["in the inbox", "已放回收件箱"],
  replayed_of: ["{reference} is in the inbox again.", "{reference} 已重新放入收件箱。"],
  replicas: ["Replicas", "副本"],
  roc: ["ROC", "ROC"],
  roc_auc: ["Area under the ROC", "ROC 曲线下面积"],
  running: ["Running", "运行中"],
  samples: ["Samples", "样本数"],
  scheduled: ["To be retried", "待重试"],
  server_silent: ["The server does not answer. Is the bot running?", "服务器没有响应。机器人在运行吗？"],
  shares: ["Shares of the messages", "消息占比"],
  show: ["Show", "显示"],
  sign_in: ["Sign in", "登录"],
  sign_out: ["Sign out", "退出"],
  signed_out: ["You are signed out.", "你已退出。"],
  since: ["Since", "开始于"],
  skip: ["Skip to the content", "跳到内容"],
  stage: ["Stage", "阶段"],
  stage_judging: ["judging", "评估"],
  stage_publishing: ["publishing", "发布"],
  stage_queued: ["place {place}", "第 {place} 位"],
  stage_reading: ["reading", "读取"],
  stage_training: ["training", "训练"],
  state: ["State", "状态"],
  state_busy: ["busy", "忙碌"],
  state_idle: ["idle", "空闲"],
  state_queued: ["waits", "等待"],
  state_running: ["runs", "运行"],
  state_started: ["starts", "启动中"],
  state_suspended: ["suspended", "已暂停"],
  std_error: ["Standard error", "标准误"],
  tagging: ["Tagging", "标记"],
  tagging_digest: ["counts", "仅统计"],
  tagging_off: ["off", "关闭"],
  tagging_react: ["reactions", "表情"],
  tagging_reply: ["replies", "回复"],
  term: ["Term", "项"],
  time: ["Time", "时间"],
  tone_negative: ["negative", "消极"],
  tone_neutral: ["neutral", "中性"],
  tone_positive: ["positive", "积极"],
  trained_at: ["trained {when}", "训练于 {when}"],
  truth: ["Truth", "真实标签"],
  updates: ["Updates waiting", "待处理更新"],
  updates_held: ["Updates held", "暂存的更新"],
  uptime: ["Up since", "启动于"],
  verdicts: ["Right {right}, Wrong {wrong}", "正确 {right}，错误 {wrong}"],
  version: ["Version", "版本"],
  versions: ["versions {list}", "版本 {list}"],
  waiting: ["Waiting", "等待"],
  when: ["When", "时间"],
  worker: ["Worker", "工作进程"],
  workers: ["Workers", "工作进程"],
};

const REMEMBERED = "tonefit-ops-language";
let language = 0; // the column of PHRASES

/** Any `zh*` is Simplified Chinese, everything else English, as the bot has it; a choice made here goes before. */
export function chooseLanguage() {
  let code = navigator.language;
  try {
    code = localStorage.getItem(REMEMBERED) ?? code;
  } catch {
    // a frame without storage
  }
  setLanguage(code.toLowerCase().startsWith("zh") ? 1 : 0);
}

/** Speak the other language from now on. */
export function switchLanguage() {
  setLanguage(1 - language);
  try {
    localStorage.setItem(REMEMBERED, locale());
  } catch {
    // as above
  }
}

function setLanguage(column) {
  language = column;
  document.documentElement.lang = locale();
}

/** The IETF code of the language in use, for numbers, dates and the page. */
export function locale() {
  return ["en-GB", "zh-CN"][language];
}

/** Whether a phrase exists. */
export const known = (key) => key in PHRASES;

/** Say a phrase; `count` chooses between one and many. */
export function t(key, values = {}) {
  const forms = PHRASES[key][language].split("|");
  const phrase = forms.length > 1 && values.count !== 1 ? forms[1] : forms[0];
  return phrase.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Say the word of a state or a stage, or the server's own where the page has none. */
export function word(kind, name, values) {
  return known(`${kind}_${name}`) ? t(`${kind}_${name}`, values) : name;
}

/** Fill the fixed texts: `data-t` is an element's text, `data-t-label` its name. */
export function translatePage() {
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]"))
    node.setAttribute("aria-label", t(node.dataset.tLabel));
}
