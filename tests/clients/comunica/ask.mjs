// Asks with Comunica. Standard input: a JSON list of {form, query, sources}; standard output: for each, its result or
// the message of its error, and the requests that Comunica made for it.

import { text } from 'node:stream/consumers';
import { QueryEngine } from '@comunica/query-sparql';

const plain = (term) =>
  term.termType === 'Literal' ? { value: term.value, language: term.language, datatype: term.datatype.value } : term.value;

const forms = {
  async select(engine, query, context) {
    const rows = await (await engine.queryBindings(query, context)).toArray();
    return rows.map((row) => Object.fromEntries([...row].map(([name, term]) => [name.value, plain(term)])));
  },
  async construct(engine, query, context) {
    const quads = await (await engine.queryQuads(query, context)).toArray();
    return quads.map((quad) => [quad.subject, quad.predicate, quad.object].map(plain));
  },
  ask: (engine, query, context) => engine.queryBoolean(query, context),
};

async function answer({ form, query, sources }) {
  const requests = [];
  const watched = async (address, options) => {
    const response = await fetch(address, options);
    requests.push({
      method: options?.method ?? 'GET',
      url: String(address.url ?? address),
      status: response.status,
      type: response.headers.get('content-type'),
    });
    return response;
  };
  try {
    // A new engine each time, so that none knows what another has seen.
    return { result: await forms[form](new QueryEngine(), query, { sources, fetch: watched }), requests };
  } catch (error) {
    return { error: error.message, requests };
  }
}

const answers = [];
for (const question of JSON.parse(await text(process.stdin))) answers.push(await answer(question));
process.stdout.write(JSON.stringify(answers));
