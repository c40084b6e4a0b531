// A Worker of a few lines, to show what workerd does without our code.

export default {
  async fetch(request, _, context) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/fetch": {
        const answer = await fetch(searchParams.get("url"));
        return new Response(await answer.arrayBuffer());
      }
      case "/hand-on": {
        const answer = await fetch(searchParams.get("url"));
        return new Response(answer.body, answer);
      }
      case "/hand-on-branch": {
        const answer = await fetch(searchParams.get("url"));
        const [branch, other] = answer.body.tee();
        context.waitUntil(read(other.getReader()));
        return new Response(branch, answer);
      }
      case "/stream": {
        const { readable, writable } = new TransformStream();
        const writer = writable.getWriter();
        writer.write(new TextEncoder().encode("streamed")).then(() => writer.close());
        return new Response(readable);
      }
      default:
        return new Response(`served ${(await request.text()).length}`);
    }
  },
};

async function read(reader) {
  try {
    while (!(await reader.read()).done);
  } catch {
    // It broke off.
  }
}
