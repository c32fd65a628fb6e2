-- Every manager above every user, and when: depth 1 is the direct manager, 0 somebody who is one.
SELECT p.user_id, b.manager_id, b.level,
  CASE WHEN lowest.manager_id = p.user_id THEN b.depth ELSE b.depth + 1 END AS depth,
  p.valid_from, p.valid_to
FROM bridge_user_path p
JOIN bridge_manager b ON b.path_key = p.path_key
JOIN (SELECT path_key, manager_id FROM bridge_manager WHERE depth = 0) lowest
  ON lowest.path_key = p.path_key
