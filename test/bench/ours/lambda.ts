import { handler as createProject } from '#functions/projects/create-project.ts';
import { handler as getProject } from '#functions/projects/get-project.ts';
import { handler as listProjects } from '#functions/projects/list-projects.ts';
import { defineRouter } from '#lib/http/define-router.ts';

// As an area that shares one Lambda: what the peers do in one app.
export const handler = defineRouter([getProject, listProjects, createProject]);
