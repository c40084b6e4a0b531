// The same, by a Worker that looks at what it relays, as it must to know what an answer used.

export default {
  async fetch(request, env, context) {
    const headers = new Headers(request.headers);
    headers.set("authorization", "Bearer sk-123");
    const { pathname } = new URL(request.url);
    const asked = JSON.parse(await request.text());
    const body = JSON.stringify(asked);
    const answer = await fetch(env.UPSTREAM + pathname, { method: request.method, headers, body });
    if (!asked.stream) {
      const text = await answer.text();
      this.used = JSON.parse(text).usage;
      return new Response(text, answer);
    }
    const { readable, writable } = new IdentityTransformStream();
    context.waitUntil(this.hand(answer.body.getReader(), writable.getWriter()));
    return new Response(readable, answer);
  },

  async hand(reader, writer) {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return writer.close();
      if (decoder.decode(value, { stream: true }).includes('"usage"')) this.used = true;
      await writer.write(value);
    }
  },
};
