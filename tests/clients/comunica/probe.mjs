// Prints what Comunica reads in a service description: standard input is Turtle, the argument where it was found.

import { ActorRdfMetadataExtractSparqlService } from '@comunica/actor-rdf-metadata-extract-sparql-service';
import { Bus } from '@comunica/core';
import { StreamParser } from 'n3';

const [, , url] = process.argv;
const bus = new Bus({ name: 'probe' });
const actor = new ActorRdfMetadataExtractSparqlService({ name: 'probe', bus, inferHttpsEndpoint: true });
const metadata = process.stdin.pipe(new StreamParser({ baseIRI: url }));
process.stdout.write(JSON.stringify((await actor.run({ url, metadata, requestTime: 0 })).metadata));
