// How do all pages of a browser live on one stream? A SharedWorker holds it: six connections to a host are all there are.

import { Stream } from "./stream.js";

const stream = new Stream();

addEventListener("connect", ({ ports: [port] }) => {
  const listener = (news) => port.postMessage(news);
  const requests = {
    join: () => stream.join(listener),
    leave: () => stream.leave(listener),
    hurry: () => stream.hurry(),
  };
  port.onmessage = ({ data: request }) => requests[request]();
});
