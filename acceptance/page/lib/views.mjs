// Every view of the page: where it is, and what it must show to somebody without a script too.
import { FIRST_DAY, LAST_DAY, NOW, SOMEBODY, day } from './orgs.mjs';

const WEEK = 7 * 86_400_000;
const period = `from=${FIRST_DAY}&to=${LAST_DAY}`;

/** `at` is a path, or found from the id of somebody; `shows` is what is there with an org in it. */
export const VIEWS = [
  { name: 'overview', at: '/', title: 'Overview', shows: 'svg.chart' },
  { name: 'people', at: '/people', title: 'People', shows: 'main tbody tr' },
  { name: 'search', at: '/people?q=smi&state=active', title: 'People', shows: 'main tbody tr' },
  { name: 'as-of', at: `/people?asOf=${day(NOW - 8 * WEEK)}`, title: 'People', shows: '.banner strong' },
  { name: 'person', at: (id) => `/people/${id}`, shows: 'main dl' },
  { name: 'tree', at: '/tree', title: 'Org tree', shows: 'main summary' },
  { name: 'departments', at: '/departments', title: 'Departments', shows: 'main tbody tr' },
  { name: 'divisions', at: '/divisions', title: 'Divisions', shows: 'main tbody tr' },
  { name: 'report', at: `/reports?kind=aht&by=department&${period}`, title: 'Reports', shows: 'main tbody tr' },
  { name: 'findings', at: '/findings', title: 'Findings', shows: 'main h2' },
  { name: 'changes', at: '/changes', title: 'Changes', shows: 'main ins' },
  { name: 'sync', at: '/sync', title: 'Sync', shows: 'main tbody tr' },
];

/** The path of a view; somebody has another id in another org. */
export const pathOf = (view, id = SOMEBODY) => (typeof view.at === 'function' ? view.at(id) : view.at);
