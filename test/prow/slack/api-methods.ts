import {
  type ApiCall,
  type ApiMethod,
  done,
  missing,
  type Outcome,
  refused,
  refusedFor,
} from './api-call.ts';
import { deleteMessage, updateMessage } from './change-message.ts';
import { checkView, isTooLarge } from './check-view.ts';
import { postEphemeral, postMessage } from './post-message.ts';
import { isFields } from './shape.ts';
import { appId, teamId } from './workspace.ts';

/** What can be called, with which kind of token and which scope. */
export const apiMethods: Record<string, ApiMethod> = {
  'auth.test': { takes: 'bot', needs: null, run: testAuth },
  'chat.postMessage': { takes: 'bot', needs: 'chat:write', run: postMessage },
  'chat.postEphemeral': { takes: 'bot', needs: 'chat:write', run: postEphemeral },
  'chat.update': { takes: 'bot', needs: 'chat:write', run: updateMessage },
  'chat.delete': { takes: 'bot', needs: 'chat:write', run: deleteMessage },
  'views.open': { takes: 'bot', needs: null, run: openView },
  'usergroups.users.list': { takes: 'bot', needs: 'usergroups:read', run: listGroup },
  'apps.connections.open': { takes: 'app', needs: 'connections:write', run: openConnection },
};

function testAuth({ token }: ApiCall): Outcome {
  return done({
    url: 'https://retrigger.slack.com/',
    team: 'Retrigger',
    user: 'retrigger',
    team_id: teamId,
    user_id: token.userId,
    bot_id: token.botId,
    is_enterprise_install: false,
  });
}

function openView({ args, token, now, slack }: ApiCall): Outcome {
  const { trigger_id, view } = args;
  if (view === undefined) return missing('view');
  if (trigger_id === undefined) return missing('trigger_id');
  const problems = checkView(view);
  if (problems.length > 0 || !isFields(view)) return refusedFor('invalid_arguments', problems);
  if (isTooLarge(view)) return refused('view_too_large');
  const trigger = slack.triggers.exchange(trigger_id, now);
  if (typeof trigger === 'string') return refused(trigger);
  const id = `V${String(slack.views.length + 1).padStart(8, '0')}`;
  slack.views.push({ id, user: trigger.user, view, at: now });
  const state = { values: {} };
  return done({
    view: { ...view, id, state, team_id: teamId, app_id: appId, bot_id: token.botId, root_view_id: id },
  });
}

function listGroup({ args, slack }: ApiCall): Outcome {
  const { usergroup } = args;
  if (typeof usergroup !== 'string') return missing('usergroup');
  const users = slack.workspace.groups.get(usergroup);
  return users === undefined ? refused('no_such_subteam') : done({ users: [...users] });
}

function openConnection({ slack }: ApiCall): Outcome {
  return slack.socketUrl === null ? refused('internal_error') : done({ url: slack.socketUrl });
}
