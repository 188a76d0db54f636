import {
  Body,
  ConflictException,
  Controller,
  Get,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
  SerializeOptions,
} from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { createProject, listProjects, readProject } from '#peers/queries.ts';
import { limits } from '#peers/settings.ts';
import { ListQueryDto, NewProjectDto, ProjectDto, ProjectPageDto } from './project-dto.ts';

@Controller('api/v1/projects')
export class ProjectsController {
  @Get(':id')
  @SerializeOptions({ type: ProjectDto, strategy: 'excludeAll' })
  async readProject(@Req() request: { user: never }, @Param('id', ParseUUIDPipe) id: string) {
    const project = await readProject(request.user, id);
    if (!project) throw new NotFoundException();
    return project;
  }

  @Get()
  @SerializeOptions({ type: ProjectPageDto, strategy: 'excludeAll' })
  listProjects(@Req() request: { user: never }, @Query() query: ListQueryDto) {
    return listProjects(request.user, query.limit, query.cursor);
  }

  @Post()
  @Throttle({ default: { limit: limits.write, ttl: limits.windowMs } })
  @SerializeOptions({ type: ProjectDto, strategy: 'excludeAll' })
  async createProject(@Req() request: { user: never }, @Body() input: NewProjectDto) {
    const project = await createProject(request.user, input);
    if (!project) throw new ConflictException('Slug is taken');
    return project;
  }
}
