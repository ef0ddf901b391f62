/** Something drawn at a position in pixels. */
export interface Positioned {
  readonly x: number;
  readonly y: number;
}

/** Members that would cover each other, and the middle of them. */
export interface Group<T> {
  x: number;
  y: number;
  readonly members: T[];
}

/** Return groups of items whose positions are nearer than `distance` pixels to the middle of their group. */
export function grouped<T extends Positioned>(items: readonly T[], distance: number): Group<T>[] {
  const groups: Group<T>[] = [];
  for (const item of items) {
    const near = groups.find((group) => Math.hypot(group.x - item.x, group.y - item.y) < distance);
    if (near) {
      near.members.push(item);
      near.x += (item.x - near.x) / near.members.length;
      near.y += (item.y - near.y) / near.members.length;
    } else {
      groups.push({ x: item.x, y: item.y, members: [item] });
    }
  }
  return groups;
}
