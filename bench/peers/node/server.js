// Three calls by hand on Node: fastify, undici's pools (the fastest client there), Promise.all.
// The same care as the Python peers: pools made once and without bound, timeouts, an upstream's failure costs
// its part only.
import Fastify from "fastify";
import { Pool } from "undici";

const pools = process.env.BENCH_UPSTREAMS.split(" ").map(
  (url) => new Pool(url, { connections: null, headersTimeout: 1000, bodyTimeout: 1000 }),
);

async function part(number, userId) {
  try {
    const answer = await pools[number - 1].request({ path: `/part/${number}?user_id=${userId}`, method: "GET" });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      return null;
    }
    return await answer.body.json();
  } catch {
    return null;
  }
}

const app = Fastify({ logger: false });
const params = { type: "object", properties: { user_id: { type: "integer" } } };

app.get("/flat/:user_id", { schema: { params } }, async (request) => {
  const user_id = request.params.user_id;
  const [p1, p2, p3] = await Promise.all([part(1, user_id), part(2, user_id), part(3, user_id)]);
  return { user_id, parts: { p1, p2, p3 } };
});

await app.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
