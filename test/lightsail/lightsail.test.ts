import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  ContainerServicePowerName,
  ContainerServiceProtocol,
  CreateContainerServiceDeploymentRequest$,
  CreateContainerServiceRequest$,
  CreateRelationalDatabaseRequest$,
  type Container,
  type CreateContainerServiceRequest,
  type CreateRelationalDatabaseRequest,
  type EndpointRequest,
} from '@aws-sdk/client-lightsail';
import containers from '../../lightsail/containers.json' with { type: 'json' };
import createContainerService from '../../lightsail/create-container-service.json' with { type: 'json' };
import createRelationalDatabase from '../../lightsail/create-relational-database.json' with { type: 'json' };
import publicEndpoint from '../../lightsail/public-endpoint.json' with { type: 'json' };
import { readConfig } from '../../src/config/read-config.ts';
import { breachesOfModel } from './aws-model.ts';

/** TypeScript reads every text in a JSON file as `string`, so AWS's enumerations widen to it. */
type Written<T> = T extends string ? string : { [Key in keyof T]: Written<T[Key]> };

containers satisfies Written<Record<string, Container>>;
publicEndpoint satisfies Written<EndpointRequest>;
createContainerService satisfies Written<CreateContainerServiceRequest>;
createRelationalDatabase satisfies Written<CreateRelationalDatabaseRequest>;

const container = containers['ci-jobs-trigger'];
/** What `aws lightsail create-container-service-deployment` makes of its three arguments. */
const deployment = { serviceName: createContainerService.serviceName, containers, publicEndpoint };

test('the deployment is a request that AWS knows', () => {
  assert.deepEqual(breachesOfModel(CreateContainerServiceDeploymentRequest$, deployment, 'deployment'), []);
  for (const protocol of Object.values(container.ports)) assert.ok(protocol in ContainerServiceProtocol);
});

test('the service is a request that AWS knows', () => {
  assert.deepEqual(breachesOfModel(CreateContainerServiceRequest$, createContainerService, 'service'), []);
  assert.ok(createContainerService.power in ContainerServicePowerName);
});

test('the database is a request that AWS knows, and is not open to the world', () => {
  assert.deepEqual(
    breachesOfModel(CreateRelationalDatabaseRequest$, createRelationalDatabase, 'database'),
    [],
  );
  assert.equal(createRelationalDatabase.publiclyAccessible, false);
});

test('a misspelt key, a wrong type and a missing member are each named', () => {
  const { containerName: _, ...withoutName } = publicEndpoint;
  const wrong = {
    ...deployment,
    containers: { 'ci-jobs-trigger': { ...container, enviroment: {}, ports: { '5000': 80 } } },
    publicEndpoint: { ...withoutName, containerPort: '5000' },
  };
  assert.deepEqual(breachesOfModel(CreateContainerServiceDeploymentRequest$, wrong, 'deployment'), [
    'deployment.containers.ci-jobs-trigger.ports.5000: 80 is no string',
    'deployment.containers.ci-jobs-trigger.enviroment: Container knows only image, command, environment, ports',
    'deployment.publicEndpoint: EndpointRequest needs containerName',
    'deployment.publicEndpoint.containerPort: "5000" is no number',
  ]);
});

test('the public endpoint leads to the port that the container opens and the image listens on', () => {
  assert.ok(publicEndpoint.containerName in containers);
  assert.deepEqual(container.ports, { [publicEndpoint.containerPort]: 'HTTP' });
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  assert.match(dockerfile, new RegExp(`^EXPOSE ${publicEndpoint.containerPort}$`, 'm'));
  assert.match(dockerfile, /RETRIGGER_LISTEN_IP=0\.0\.0\.0/);
});

test('a placeholder that nobody replaced stops the start, and nothing else in the environment does', () => {
  const { RETRIGGER_SLACK_WEBHOOK_URL: news, RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: errors } =
    container.environment;
  const left = readConfig(container.environment);
  assert.ok(!left.ok);
  assert.equal(left.problems.length, 2, left.problems.join('\n'));
  for (const placeholder of [news, errors]) assert.match(placeholder, /^REPLACE-WITH-/);

  const slack = 'https://hooks.slack.com/services/T/B/x';
  const replaced = { RETRIGGER_SLACK_WEBHOOK_URL: slack, RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: slack };
  const read = readConfig({ ...container.environment, ...replaced });
  assert.ok(read.ok);
  assert.equal(read.config.trustProxy, 1, 'Lightsail puts one load balancer in front');
});

test('no file brings a secret', () => {
  assert.deepEqual(Object.keys(container.environment), [
    'RETRIGGER_SLACK_WEBHOOK_URL',
    'RETRIGGER_SLACK_ERRORS_WEBHOOK_URL',
    'RETRIGGER_TRUST_PROXY',
    'LOG_LEVEL',
  ]);
  assert.ok(!('masterUserPassword' in createRelationalDatabase));
});

test('the settings of the Slack app that the README shows stop the start until the tokens are put in', () => {
  const readme = readFileSync(new URL('../../lightsail/README.md', import.meta.url), 'utf8');
  const [, json = ''] = /```json\n([^`]*)```/.exec(readme) ?? [];
  const shown = JSON.parse(json) as Record<string, string>;
  const left = readConfig(shown);
  assert.ok(!left.ok);
  assert.deepEqual(
    left.problems.map((problem) => problem.split(' ', 1)[0]),
    ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET'],
  );
  const tokens = { SLACK_BOT_TOKEN: 'xoxb-1-a', SLACK_SIGNING_SECRET: 'b' };
  const { LOG_LEVEL } = container.environment;
  assert.ok(readConfig({ ...shown, ...tokens, LOG_LEVEL }).ok);
});
