import { Expose, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

const statuses = ['active', 'paused', 'completed', 'archived'];

export class NewProjectDto {
  @IsString()
  @Length(1, 200)
  name!: string;

  @MaxLength(64)
  @Matches(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  slug!: string;

  @IsString()
  @MaxLength(4000)
  description = '';

  @IsIn(statuses)
  status = 'active';

  @ArrayMaxSize(20)
  @Length(1, 50, { each: true })
  tags: string[] = [];
}

export class ListQueryDto {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit = 25;

  @IsOptional()
  @IsString()
  cursor?: string;
}

/** What goes out: the serializer drops what is not exposed. */
export class ProjectDto {
  @Expose() id!: string;
  @Expose() organizationId!: string;
  @Expose() ownerId!: string;
  @Expose() name!: string;
  @Expose() slug!: string;
  @Expose() description!: string;
  @Expose() status!: string;
  @Expose() tags!: string[];
  @Expose() @Type(() => Object) metadata!: object;
  @Expose() version!: number;
  @Expose() createdAt!: Date;
  @Expose() updatedAt!: Date;
  @Expose() deletedAt!: Date | null;
}

export class ProjectPageDto {
  @Expose()
  @Type(() => ProjectDto)
  items!: ProjectDto[];

  @Expose()
  nextCursor?: string;
}
