import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalizeMessage, signFailure } from '../../src/evidence/signature.ts';

function sign(message: string): string {
  return signFailure('pre', ['install'], message);
}

describe('what does not change a signature', () => {
  const pairs: [string, string, string][] = [
    ['a namespace', 'the pod ci-op-symmhkrx/e2e failed', 'the pod ci-op-l1tbw7p8/e2e failed'],
    ['a cluster', 'cluster ci-op-symmhkrx-4a7c2 is down', 'cluster ci-op-l1tbw7p8-x9d4f is down'],
    ['a duration', 'failed after 9m20s', 'failed after 1h5m30.25s'],
    ['a time', 'at 2024-02-11T15:03:19.987600Z it broke', 'at 2026-12-31T01:00:00+02:00 it broke'],
    ['an id', 'request 89b090c9-7a46-11ed-9cbb-0a580a812bf4', 'request 01234567-89ab-cdef-0123-456789abcdef'],
    ['a number', 'got 404 of 12,000 at 10.0.0.1:443', 'got 7 of 9 at 192.168.126.10:6443'],
    ['hexadecimal digits', 'sha256:deadbeef01 at 0x7ffe12ab', 'sha256:00ff00ff00ff at 0xc000123456'],
    ['a pod of a deployment', 'pod oauth-7d9c6b8f4-x2x5z is down', 'pod oauth-5c4bd8f9b-bcdfg is down'],
    ['a pod of a set', 'pod catalog-x2x5z is down', 'pod catalog-hjklm is down'],
    ['a temporary file', 'no /tmp/tmp.Xa8ZqPdGh2', 'no /tmp/tmp.bbCCddEEff'],
    ['a mixed id', 'instance i0a1b2c3zz', 'instance j9y8x7w6'],
    ['a generated name of a cluster', 'cluster ci-rosa-s-cvvy failed', 'cluster ci-rosa-s-k8wq failed'],
    ['such a name with vowels', 'cluster ci-rosa-s-aeio failed', 'cluster ci-rosa-s-k8wq failed'],
    ['what is named after it', 'ci-rosa-h-ab1c-x2x5z-master-0', 'ci-rosa-h-qqzz-hjklm-master-2'],
    [
      'its address',
      'api.ci-rosa-s-cvvy.k8wq.p1.openshiftapps.com',
      'api.ci-rosa-s-aaaa.nbch.p1.openshiftapps.com',
    ],
    ['four letters without a vowel', 'hosted cluster hc-cvvy failed', 'hosted cluster hc-k8wq failed'],
    ['the zone of a region', 'no room in us-east-1a', 'no room in us-east-1f'],
    [
      'what the scheduler says of the nodes',
      'pod pending: 0/42 nodes are available: 3 Insufficient cpu, 39 node(s) had untolerated taint {a: }.',
      'pod pending: 0/7 nodes are available: 7 Insufficient memory. preemption: 0/7 nodes are available: x.',
    ],
    [
      'the events of a pod that waits',
      'pod has not been scheduled in 30m0s: \nFound 2 events for Pod a:\n* 122x default-scheduler: 0/18 nodes are available: x\n* 2026-06-12T10:33:07Z 3x cluster-autoscaler: pod triggered scale-up',
      'pod has not been scheduled in 1h0m0s: \nFound 1 events for Pod a:\n* 9x default-scheduler: 0/20 nodes are available: y',
    ],
    ['a date in words', 'Fri Jun 12 13:01:21 UTC 2026 bad', 'Mon Jul  6 03:01:21 UTC 2026 bad'],
    ['the date of a system log', 'Jun 12 13:01:21.1 x', 'Jul  2 03:00:00.9 x'],
    ['the head of an entry of klog', 'E0612 13:01:21.1 1 a.go:1] x', 'E0701 03:02:01.0 9 a.go:1] x'],
    ['an address of IPv6', 'dial tcp [fd01::1]:6443: x', 'dial tcp [fd02:0:12::beef]:6443: x'],
    ['a number of failed tests', 'error: 312 tests failed', 'error: 298 tests failed'],
    ['a part of a whole', 'Error 3 of 12', 'Error 7 of 12'],
    ['colours and blanks', '\u001B[31mno  such host\u001B[0m\n', 'no such host'],
    [
      'where a log was cut',
      'failed\n---\ned: x\nno such host\nLink to step on registry info site: https://a',
      'failed\n---\nfound\nno such host\n---',
    ],
  ];
  for (const [name, one, other] of pairs) {
    test(name, () =>
      assert.equal(sign(one), sign(other), `${normalizeMessage(one)} and ${normalizeMessage(other)}`),
    );
  }

  test('the order of the steps', () => {
    assert.equal(signFailure('post', ['a', 'b'], 'x'), signFailure('post', ['b', 'a'], 'x'));
  });
});

describe('what does change a signature', () => {
  test('the phase, the steps, the error', () => {
    const all = [
      signFailure('pre', ['install'], 'no such host'),
      signFailure('test', ['install'], 'no such host'),
      signFailure('pre', ['install-2'], 'no such host'),
      signFailure('pre', ['install', 'x'], 'no such host'),
      signFailure('pre', ['install'], 'quota exceeded'),
      signFailure(null, [], 'no such host'),
    ];
    assert.equal(new Set(all).size, all.length);
  });

  const pairs: [string, string, string][] = [
    ['a region', 'quota exceeded in us-east-1', 'quota exceeded in us-west-2'],
    ['a region with the same name and another digit', 'in us-east-1', 'in us-east-2'],
    ["another cloud's region", 'in europe-west4', 'in europe-west1'],
    ['a region without dashes', 'in eastus2', 'in eastus3'],
    ['the region of a lease', 'aws--us-east-1--quota-slice-3', 'aws--us-west-1--quota-slice-3'],
    ['a word behind a dash', 'step aws-test failed', 'step aws-conf failed'],
    ['other words behind a dash', 'pull-ci-base failed', 'pull-ci-main failed'],
    ['a protocol behind a dash', 'probe-http failed', 'probe-grpc failed'],
    ['words of a job', 'periodic-ci-rosa-main-e2e', 'periodic-ci-rosa-main-sync'],
    ['a status of HTTP', 'received unexpected HTTP status: 502', 'received unexpected HTTP status: 503'],
    ['a status code', 'status code 401', 'status code 503'],
    ['a status code in JSON', '{"code": 403}', '{"code": 409}'],
    ['a status behind another word', 'server responded with 404', 'server responded with 500'],
    ['a status in front of its name', 'unexpected http 404 status code', 'unexpected http 500 status code'],
    ['a status of the protocol', 'HTTP/1.1 404', 'HTTP/1.1 503'],
    ["a cloud's error", 'googleapi: Error 403: x', 'googleapi: Error 409: x'],
    ["a cloud's error code", 'AADSTS700016: x', 'AADSTS7000215: x'],
    ['an error code with dashes', 'CLUSTERS-MGMT-400', 'CLUSTERS-MGMT-404'],
    ['the end of a process', 'exited with code 1', 'exited with code 137'],
    ['the end of a command', 'exit status 1', 'exit status 128'],
    ["curl's error", 'curl: (6) x', 'curl: (28) x'],
    ["the system's error", '[Errno 28] x', '[Errno 111] x'],
    ['what the kubelet says', '* 3x kubelet: Failed to pull image', '* 3x kubelet: FailedMount'],
  ];
  for (const [name, one, other] of pairs) {
    test(name, () => assert.notEqual(sign(one), sign(other), normalizeMessage(one)));
  }

  test("the error at the end of a container's log", () => {
    assert.notEqual(sign('failed\n---\nxx\nno such host'), sign('failed\n---\nxx\nquota exceeded'));
  });
});

test('a signature is 16 hexadecimal digits', () => assert.match(sign('x'), /^[0-9a-f]{16}$/));
