// What does the page say, in English and in Simplified Chinese?

// key: [English, Chinese]; "one|many" where English needs a plural of {count}.
const PHRASES = {
  away: ["Redis does not answer", "Redis 没有响应"],
  chat: ["Chat", "聊天"],
  dead_letters: ["Dead letters", "死信"],
  done: ["Done", "已完成"],
  failed: ["Failed", "失败"],
  host: ["Host", "主机"],
  job: ["Job", "任务"],
  jobs: ["Trainings", "训练任务"],
  left: ["Time left", "剩余时间"],
  link_hint: [
    "On the bot's machine run “tonefit ops-link” and open the link that it prints, or open the Mini App as an operator.",
    "请在机器人所在的机器上运行 “tonefit ops-link” 并打开它给出的链接，或以运维人员身份打开小程序。",
  ],
  live: ["Live", "实时"],
  memory: ["Redis memory", "Redis 内存"],
  model: ["Model", "模型"],
  new_dead_letters: ["{count} dead letter|{count} dead letters", "{count} 封死信"],
  no_jobs: ["No training waits or runs.", "没有等待或运行中的训练。"],
  no_workers: ["No worker lives: trainings wait. Start one by “tonefit worker”.", "没有工作进程：训练正在等待。用 “tonefit worker” 启动一个。"],
  now: ["Now", "当前"],
  offline: ["Connection lost, trying again", "连接已断开，正在重试"],
  online: ["Live", "实时"],
  other_language: ["中文", "English"],
  parts: ["Parts of the page", "页面分区"],
  queue: ["Queue", "队列"],
  queues: ["Queues", "队列"],
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
  replicas: ["Replicas", "副本"],
  running: ["Running", "运行中"],
  scheduled: ["To be retried", "待重试"],
  server_silent: ["The server does not answer. Is the bot running?", "服务器没有响应。机器人在运行吗？"],
  sign_in: ["Sign in", "登录"],
  sign_out: ["Sign out", "退出"],
  signed_out: ["You are signed out.", "你已退出。"],
  since: ["Since", "开始于"],
  skip: ["Skip to the content", "跳到内容"],
  stage: ["Stage", "阶段"],
  state: ["State", "状态"],
  state_busy: ["busy", "忙碌"],
  state_idle: ["idle", "空闲"],
  state_queued: ["waits", "等待"],
  state_running: ["runs", "运行"],
  state_started: ["starts", "启动中"],
  state_suspended: ["suspended", "已暂停"],
  stage_judging: ["judging", "评估"],
  stage_publishing: ["publishing", "发布"],
  stage_queued: ["place {place}", "第 {place} 位"],
  stage_reading: ["reading", "读取"],
  stage_training: ["training", "训练"],
  updates: ["Updates waiting", "待处理更新"],
  uptime: ["Up since", "启动于"],
  version: ["Version", "版本"],
  waiting: ["Waiting", "等待"],
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
